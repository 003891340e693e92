import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TaskAddress } from '../../../src/storage/checkpoint-store.js'
import { refusal } from '../../helpers/refusal.js'
import { author, createSession, footprint, now, type Subject, s1, trail } from './subject.js'
import { alice, apollo, bob, nobody, submit } from './work.js'

const t1 = { task: 't1', scope: undefined }

/** A state of some ten thousand bytes, of which each number changes a little. */
function stateOf(number: number): string {
  const notes = Array.from({ length: 100 }, (_, index) =>
    `${index === number % 100 ? number : index} `.repeat(20 + ((index * 7) % 11)),
  )
  return JSON.stringify({ notes, number })
}

export function describeCheckpoints(subject: Subject): void {
  const addTask = (id = 't1') => submit(subject.storage, [{ id, project: 'apollo' }])
  const input = (iteration: number, state = stateOf(iteration), by = {}, where: TaskAddress = t1) => ({
    ...{ ...where, iteration, state, session: null, sessionOwner: undefined, author: author(by) },
  })
  const put = (...args: Parameters<typeof input>) => subject.storage.checkpoints.put(input(...args))
  const get = (iteration?: number, where: TaskAddress = t1) =>
    subject.storage.checkpoints.get({ ...where, ...(iteration !== undefined && { iteration }) })
  const list = (before = Number.MAX_SAFE_INTEGER, limit = 1_000) =>
    subject.storage.checkpoints.list({ ...t1, before, limit })
  const prune = (keep: number, limit = 1_000) =>
    subject.storage.checkpoints.prune({ ...t1, keep, limit, author: author() })
  const iterations = async () => (await list()).map(({ iteration }) => iteration)

  it('gives back what was put, the last when none is named', async () => {
    await addTask()
    expect(await get()).toBeUndefined()
    const first = await put(3, '{"step":"é 東京 🚀"}', { now: now + 1 })
    expect(first).toEqual({ iteration: 3, base: null, bytes: 25, storedBytes: 25, session: null, createdAt: now + 1 })
    await put(7, 'null')
    await put(5, '[1]')
    expect(await get(3)).toEqual({ ...first, state: '{"step":"é 東京 🚀"}' })
    expect(await get()).toMatchObject({ iteration: 7, state: 'null' })
    expect(await get(4)).toBeUndefined()
    expect(await get(0)).toBeUndefined()
    expect(await list()).toMatchObject([{ iteration: 7 }, { iteration: 5 }, first])
    expect(await list(7, 1)).toMatchObject([{ iteration: 5 }])
  })

  it('stores a large state as what changed, and reads it exactly', async () => {
    await addTask()
    for (let iteration = 0; iteration < 150; iteration++) await put(iteration)
    const rows = await list()
    expect(rows).toHaveLength(150)
    const whole = rows.filter(({ base }) => base === null)
    expect(whole.length).toBeLessThan(6)
    expect(rows.filter(({ base, iteration }) => base !== null && base !== iteration - 1)).toEqual([])
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
    expect(rows.reduce((sum, row) => sum + row.storedBytes, 0)).toBeLessThan(bytes / 10)
    for (const iteration of [0, 1, 63, 64, 65, 66, 149]) {
      expect((await get(iteration))?.state).toBe(stateOf(iteration))
    }
  })

  it('reads nothing further back than a bounded way', async () => {
    await addTask()
    for (let iteration = 0; iteration < 140; iteration++) await put(iteration)
    const wholes = (await list()).flatMap(({ base, iteration }) => (base === null ? [iteration] : []))
    const gaps = wholes.map((iteration, index) => iteration - (wholes[index + 1] ?? 0))
    expect(Math.max(...gaps, 139 - (wholes[0] ?? 0))).toBeLessThanOrEqual(65)
  })

  it('keeps small states, and those of which much changed, whole', async () => {
    await addTask()
    await put(1, JSON.stringify('a'.repeat(4_000)))
    await put(2, JSON.stringify('a'.repeat(4_001)))
    await put(3, JSON.stringify('b'.repeat(9_000)))
    await put(4, JSON.stringify(`b${'c'.repeat(9_000)}`))
    expect((await list()).map(({ base }) => base)).toEqual([null, null, null, null])
    await put(5, JSON.stringify(`b${'c'.repeat(9_001)}`))
    expect((await list(6, 1))[0]).toMatchObject({ base: 4, storedBytes: expect.any(Number) })
  })

  it('put again replaces, and leaves those that build on it right', async () => {
    await addTask()
    for (const iteration of [1, 2, 3, 4]) await put(iteration)
    await put(2, stateOf(77), { now: now + 9 })
    expect(await get(2)).toMatchObject({ state: stateOf(77), createdAt: now + 9 })
    for (const iteration of [1, 3, 4]) expect((await get(iteration))?.state).toBe(stateOf(iteration))
    expect(await iterations()).toEqual([4, 3, 2, 1])
    // Retried, as after an answer that was lost.
    await put(4)
    expect((await get(4))?.state).toBe(stateOf(4))
  })

  it('prunes all but the last, in batches from the highest down', async () => {
    await addTask()
    for (let iteration = 0; iteration < 10; iteration++) await put(iteration)
    expect(await subject.storage.checkpoints.countBesides({ ...t1, keep: 3 })).toBe(7)
    expect(await prune(3, 4)).toBe(4)
    expect(await iterations()).toEqual([9, 8, 7, 2, 1, 0])
    expect(await prune(3, 4)).toBe(3)
    expect(await prune(3, 4)).toBe(0)
    expect(await subject.storage.checkpoints.countBesides({ ...t1, keep: 3 })).toBe(0)
    expect(await iterations()).toEqual([9, 8, 7])
    for (const iteration of [7, 8, 9]) expect((await get(iteration))?.state).toBe(stateOf(iteration))
    expect(await prune(99)).toBe(0)
  })

  it('reads back exactly after any puts, replacements and prunes', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ put: fc.nat(12), number: fc.nat(300) }) },
      {
        weight: 1,
        arbitrary: fc.record({ keep: fc.integer({ min: 1, max: 6 }), limit: fc.integer({ min: 1, max: 5 }) }),
      },
    )
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const where = { task: `many-${runs++}`, scope: undefined }
        await addTask(where.task)
        const expected = new Map<number, string>()
        for (const each of steps) {
          if ('put' in each) {
            await put(each.put, stateOf(each.number), {}, where)
            expected.set(each.put, stateOf(each.number))
            continue
          }
          const removable = [...expected.keys()].sort((a, b) => b - a).slice(each.keep, each.keep + each.limit)
          for (const iteration of removable) expected.delete(iteration)
          const pruned = await subject.storage.checkpoints.prune({ ...where, ...each, author: author() })
          expect(pruned).toBe(removable.length)
        }
        for (let iteration = 0; iteration <= 12; iteration++) {
          expect((await get(iteration, where))?.state).toBe(expected.get(iteration))
        }
      }),
      { numRuns: 12 },
    )
  })

  it('builds on what other handles have put meanwhile', async () => {
    await addTask()
    const other = await subject.another()
    await put(1)
    await other.checkpoints.put(input(1, stateOf(50)))
    await put(2, stateOf(51))
    await other.checkpoints.put(input(3, stateOf(52)))
    await put(4, stateOf(53))
    for (const iteration of [1, 2, 3, 4]) expect((await get(iteration))?.state).toBe(stateOf(49 + iteration))
    expect((await list()).map(({ base }) => base)).toEqual([3, 2, 1, null])
  })

  it('says that it is damaged rather than give a wrong state, and goes on after it', async () => {
    await addTask()
    for (const iteration of [1, 2, 3]) await put(iteration)
    subject.damage('t1', 2, 'last byte')
    await refusal(get(2), 'corrupt')
    subject.damage('t1', 2, 'first byte')
    expect((await get(1))?.state).toBe(stateOf(1))
    expect((await refusal(get(2), 'corrupt')).message).toBe('Checkpoint 2 of task t1 is damaged.')
    await refusal(get(3), 'corrupt')
    const other = await subject.another()
    expect(await other.checkpoints.put(input(4))).toMatchObject({ base: null })
    expect((await get(4))?.state).toBe(stateOf(4))
    subject.damage('t1', 1, 'last byte')
    await refusal(get(1), 'corrupt')
    await put(2, stateOf(2))
    // With what it builds on back in its place, the next one can be read again.
    for (const iteration of [2, 3]) expect((await get(iteration))?.state).toBe(stateOf(iteration))
    await put(2, stateOf(9))
    expect((await get(3))?.state).toBe(stateOf(3))
    expect(await prune(1)).toBe(3)
    expect((await get())?.state).toBe(stateOf(4))
  })

  it('names the session, and keeps the checkpoint when it goes', async () => {
    const { storage } = subject
    await addTask()
    await createSession(storage)
    const made = await storage.checkpoints.put({ ...input(1, '1'), session: 's1' })
    expect(made.session).toBe('s1')
    await storage.sessions.delete({ ...s1, author: author() })
    expect(await get(1)).toMatchObject({ session: null, state: '1' })
  })

  it('leaves a line of the trail for each change, without the state', async () => {
    await addTask()
    await put(1, '"secret"', { agent: 'planner' })
    await put(1, '"secret"')
    await put(2, '2')
    await prune(1)
    const lines = (await trail(subject.storage, { task: 't1' })).reverse().slice(1)
    expect(lines.map(({ subject: about, operation, detail }) => [about, operation, JSON.parse(detail)])).toEqual([
      ['checkpoint', 'create', { iteration: 1, bytes: 8, storedBytes: 8 }],
      ['checkpoint', 'update', { iteration: 1, bytes: 8, storedBytes: 8 }],
      ['checkpoint', 'create', { iteration: 2, bytes: 1, storedBytes: 1 }],
      ['checkpoint', 'delete', { removed: 1, from: 0, below: 2 }],
    ])
    expect(lines[0]).toMatchObject({ agent: 'planner', session: null })
  })

  it('is of a task that lies in the scope, by its owner or its project', async () => {
    await addTask()
    const where = { task: 't1', scope: alice }
    await put(1, '"hers"', {}, where)
    await put(2, '"ours"', {}, { task: 't1', scope: apollo })
    expect(await get(1, { task: 't1', scope: apollo })).toMatchObject({ state: '"hers"' })
    expect(await subject.storage.checkpoints.list({ ...where, before: 9, limit: 9 })).toHaveLength(2)
  })

  it.each([
    ['not there', { task: 't2', scope: undefined }],
    ['somebody else’s', { task: 't1', scope: bob }],
    ['of another project', { task: 't1', scope: { owner: null, projects: ['apollo11'] } }],
    ['nobody’s', { task: 't1', scope: nobody }],
  ])('is of no task that is %s: nothing is read, and nothing is written', async (_, where) => {
    const { checkpoints } = subject.storage
    await addTask()
    await put(1)
    const before = await footprint(subject.storage)
    for (const call of [
      () => put(1, '1', {}, where),
      () => checkpoints.prune({ ...where, keep: 1, limit: 1, author: author() }),
      () => get(1, where),
      () => get(undefined, where),
      () => checkpoints.list({ ...where, before: 9, limit: 9 }),
      () => checkpoints.countBesides({ ...where, keep: 1 }),
    ])
      expect(await refusal(call(), 'not_found')).toMatchObject({ details: { task: where.task } })
    expect(await footprint(subject.storage)).toEqual(before)
  })

  it('is refused with a session that is not there or somebody else’s', async () => {
    const { storage } = subject
    await addTask()
    await createSession(storage)
    const attempts = [
      { session: 's2', sessionOwner: undefined },
      { session: 's1', sessionOwner: { app: 'support', user: 'bob' } },
    ]
    for (const attempt of attempts) {
      const refused = storage.checkpoints.put({ ...input(1), ...attempt })
      expect(await refusal(refused, 'not_found')).toMatchObject({ details: { session: attempt.session } })
    }
    expect(await list()).toEqual([])
  })
}
