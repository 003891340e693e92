import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import { openCairn } from '../../src/open.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { type Child, startChild } from './child.js'
import { count, expectSound } from './inspect.js'
import { batchSize, expectRightVectors, type Model, type ServedModels, serveModels, spaceOf } from './models.js'

const tempPath = useTempFolder()

/** Longer than a lease: who was killed keeps it, and the next lives that much later. */
const afterLease = 11_000

/** Kills a process while a request of it is under way, or a moment after. */
interface Trap {
  requests: number
  victim: Child | undefined
}

async function prepare(memories: number) {
  const trap: Trap = { requests: 0, victim: undefined }
  const models = await serveModels(() => {
    const { victim } = trap
    if (victim === undefined || --trap.requests > 0) return
    trap.victim = undefined
    if (Math.random() < 0.3) victim.kill()
    else setTimeout(() => victim.kill(), Math.random() * 25)
  })
  const path = tempPath()
  const cairn = await openWith(path, models, 'old')
  const values = Array.from({ length: memories }, (_, index) => `pebble${index} of the shore`)
  const type = 'semantic' as const
  await cairn.memories.addMany(
    values.map((value, index) => ({ namespace: 'user:alice', key: `k${index}`, value, type })),
  )
  return { trap, models, path, cairn }
}

async function openWith(path: string, models: ServedModels, model: Model): Promise<Cairn> {
  const cairn = await openCairn({ db: path, embedder: models.settings(model), background: false, threads: false })
  onTestFinished(() => cairn.close())
  return cairn
}

/** Lets a process work until it has made so many requests, and kills it. */
async function workUntilKilled(child: Child, trap: Trap, requests: number): Promise<void> {
  Object.assign(trap, { requests, victim: child })
  const { signal, code, stderr } = await child.ended
  trap.victim = undefined
  // It may have been through before.
  expect(stderr).toBe('')
  expect([signal, code]).toEqual(signal === null ? [null, 0] : ['SIGKILL', null])
}

const upTo = (most: number): number => 1 + Math.floor(Math.random() * most)

async function progressOf(cairn: Cairn, model: Model) {
  const { spaces } = await cairn.embeddings.status()
  return spaces.find(({ name }) => name === spaceOf(model))
}

async function expectFoundByOld(cairn: Cairn): Promise<void> {
  const index = upTo(100)
  const { hits, degraded } = await cairn.search(`k${index}: pebble${index} of the shore`, {
    mode: 'semantic',
    limit: 1,
  })
  expect(degraded).toEqual([])
  expect(hits).toMatchObject([{ ref: { key: `k${index}` } }])
}

describe('a process that is killed in the middle of embedding', () => {
  it('costs no job: the next goes on, and each thing has one vector, of its own text', async () => {
    const { trap, models, path, cairn } = await prepare(500)
    await cairn.embeddings.migrate()
    const options = { db: path, embedder: models.settings('old') }
    let done = 0
    for (let round = 0; round < 8; round++) {
      const task = round % 2 === 0 ? 'run' : 'background'
      const child = startChild('embed.mjs', options, task, round * afterLease)
      await workUntilKilled(child, trap, upTo(8))
      const now = expectRightVectors(path, 'old')
      expect(now).toBeGreaterThanOrEqual(done)
      done = now
    }
    expect(done).toBeGreaterThan(0)
    const last = startChild('embed.mjs', options, 'run', 8 * afterLease)
    expect((await last.rest()).at(-1)).toBe('done')
    expect(expectRightVectors(path, 'old')).toBe(500)
    expect(await progressOf(cairn, 'old')).toMatchObject({ vectors: 500, waiting: 0, failed: 0 })
    expect(count(path, 'select count(*) from embedding_vectors')).toBe(500)
    await expectFoundByOld(cairn)
    expectSound(path)
  }, 90_000)
})

describe('a process that is killed in the middle of a migration', () => {
  const switches = (path: string): number =>
    count(
      path,
      `select count(*) from audit where operation = 'update' and detail = '{"space":"${spaceOf('new')}","state":"active"}'`,
    )

  /** Searches until the process has ended; the old space is used as long as it is the active one. */
  async function searchMeanwhile(cairn: Cairn, child: Child): Promise<number> {
    let searches = 0
    let ended = false
    void child.ended.then(() => {
      ended = true
    })
    while (!ended) {
      const { hits, degraded } = await cairn.search('k7: pebble7 of the shore', { mode: 'semantic', limit: 1 })
      if (degraded.length === 0) expect(hits).toMatchObject([{ ref: { key: 'k7' } }])
      else expect(await progressOf(cairn, 'old')).toMatchObject({ state: 'kept' })
      searches++
      await nextTurn()
    }
    return searches
  }

  it('leaves searches the old space, and the migration ends and switches once', async () => {
    const { trap, models, path, cairn } = await prepare(300)
    await cairn.embeddings.migrate()
    await cairn.embeddings.run()
    const options = { db: path, embedder: models.settings('new') }
    let starts = 0
    const start = () => startChild('embed.mjs', options, 'migrate', ++starts * afterLease)
    for (let round = 0; round < 5; round++) {
      // The first request of a migration asks whether the model is there; before it is answered there is no space.
      await workUntilKilled(start(), trap, 1 + upTo(8))
      expect(expectRightVectors(path, 'old')).toBe(300)
      expectRightVectors(path, 'new')
      expect(await progressOf(cairn, 'old')).toMatchObject({ state: 'active' })
      await expectFoundByOld(cairn)
    }
    // And around the end, where it changes over.
    for (let round = 0; round < 3 && switches(path) === 0; round++) {
      const left = (await progressOf(cairn, 'new'))?.waiting ?? 0
      await workUntilKilled(start(), trap, Math.ceil(left / batchSize))
      expect(switches(path)).toBe((await progressOf(cairn, 'new'))?.state === 'active' ? 1 : 0)
    }
    const last = start()
    expect(await searchMeanwhile(cairn, last)).toBeGreaterThan(0)
    expect((await last.rest()).at(-1)).toBe('done')
    expect([expectRightVectors(path, 'new'), expectRightVectors(path, 'old'), switches(path)]).toEqual([300, 300, 1])
    expect((await cairn.embeddings.status()).spaces.map(({ name, state }) => [name, state])).toEqual([
      [spaceOf('new'), 'active'],
      [spaceOf('old'), 'kept'],
    ])
    await expectFoundByOld(await openWith(path, models, 'new'))
    expectSound(path)
  }, 90_000)
})

describe('a model that goes in the middle of a migration', () => {
  it('leaves the old space as it was; the migration goes on when it is back, and can be taken back without it', async () => {
    const { models, path, cairn } = await prepare(200)
    await cairn.embeddings.migrate()
    await cairn.embeddings.run()
    const options = { db: path, embedder: models.settings('new') }
    const answer = models.server.misbehave
    let left = 12
    models.server.misbehave = (request, asked) => {
      if (--left === 0) models.server.models.delete('new')
      return answer?.(request, asked)
    }
    const [end] = (await startChild('embed.mjs', options, 'migrate').rest()).slice(-1)
    expect(end).toMatchObject({ code: 'embedding_unavailable', hint: expect.stringContaining('ollama pull new') })
    const filled = expectRightVectors(path, 'new')
    expect(filled).toBeGreaterThan(0)
    expect(filled).toBeLessThan(200)
    expect(await progressOf(cairn, 'new')).toMatchObject({ state: 'filling', waiting: 200 - filled, failed: 0 })
    expect(await cairn.embeddings.rollback(spaceOf('old'))).toMatchObject({ state: 'active', vectors: 200 })
    await expectFoundByOld(cairn)

    models.server.models.add('new')
    expect((await startChild('embed.mjs', options, 'migrate', afterLease).rest()).at(-1)).toBe('done')
    expect(await progressOf(cairn, 'new')).toMatchObject({ state: 'active', vectors: 200, waiting: 0, failed: 0 })
    models.server.models.delete('new')
    const withNew = await openWith(path, models, 'new')
    const { hits, degraded } = await withNew.search('pebble7')
    expect(hits).toMatchObject([{ ref: { key: 'k7' } }])
    expect(degraded).toEqual([expect.stringMatching(/^vector: .*new/)])
    expect(await cairn.embeddings.rollback(spaceOf('old'))).toMatchObject({ state: 'active', vectors: 200 })
    await expectFoundByOld(cairn)
    expect(expectRightVectors(path, 'old')).toBe(200)
    await cairn.embeddings.drop(spaceOf('new'))
    await expectFoundByOld(cairn)
    expect(count(path, 'select count(*) from embedding_vectors')).toBe(200)
    expectSound(path)
  }, 60_000)
})
