import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import { CairnError } from '../../src/errors.js'
import type { OpenOptions } from '../../src/open.js'
import { openCairn } from '../../src/open.js'
import { testClock } from '../helpers/clock.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { count, expectSound } from './inspect.js'

const tempPath = useTempFolder()
const fact = (key: string, value: string | number = key) =>
  ({ namespace: 'user:alice', key, value, type: 'semantic' }) as const

async function open(options: OpenOptions): Promise<Cairn> {
  const cairn = await openCairn({ durability: 'off', ...options })
  onTestFinished(() => cairn.close())
  return cairn
}

describe('a clock that is set back', () => {
  const hour = 3_600_000
  const noon = Date.UTC(2026, 0, 1, 12)

  it('reorders no chain: the newest version stays the latest, and each moment has its answer', async () => {
    const path = tempPath()
    const now = testClock(noon)
    const cairn = await open({ db: path, now, threads: false })
    await cairn.memories.add(fact('tone', 'first'))
    now.set(noon - hour)
    await cairn.memories.update('user:alice', 'tone', 'second')
    now.set(noon - 2 * hour)
    await cairn.memories.update('user:alice', 'tone', 'third')
    expect((await cairn.memories.get('user:alice', 'tone'))?.value).toBe('third')
    const { items } = await cairn.memories.history('user:alice', 'tone')
    expect(items.map(({ version, recordedAt }) => [version, Date.parse(recordedAt)])).toEqual([
      [3, noon],
      [2, noon],
      [1, noon],
    ])
    expect((await cairn.memories.get('user:alice', 'tone', { knownAt: noon }))?.value).toBe('third')
    expect(await cairn.memories.get('user:alice', 'tone', { knownAt: noon - 1 })).toBeNull()
    now.set(noon + hour)
    await cairn.memories.delete('user:alice', 'tone')
    now.set(noon - hour)
    expect(await cairn.memories.get('user:alice', 'tone')).toBeNull()
    await cairn.memories.restore('user:alice', 'tone')
    expect((await cairn.memories.get('user:alice', 'tone'))?.value).toBe('third')
    expect((await cairn.memories.list()).items).toHaveLength(1)
    expect((await cairn.search('third')).hits).toHaveLength(1)
    expectSound(path)
  })

  it('reorders no session: events keep their sequence, and statuses go on', async () => {
    const path = tempPath()
    const now = testClock(noon)
    const cairn = await open({ db: path, now, threads: false })
    await cairn.sessions.create({ id: 's', app: 'app', user: 'alice' })
    for (let i = 0; i < 5; i++) {
      now.set(noon - i * hour)
      await cairn.sessions.appendEvent('s', { type: 'message', actor: 'user', content: { i }, stateDelta: { last: i } })
    }
    const { items } = await cairn.sessions.events('s')
    expect(items.map(({ seq, content }) => [seq, content.i])).toEqual([1, 2, 3, 4, 5].map((seq) => [seq, seq - 1]))
    expect((await cairn.sessions.state('s')).merged).toEqual({ last: 4 })
    await cairn.sessions.terminate('s')
    expect((await cairn.sessions.archive('s')).status).toBe('archived')
    expect((await cairn.sessions.list()).items).toHaveLength(1)
    expectSound(path)
  })
})

describe.each([{ threads: true }, { threads: false }])('one key, threads $threads', ({ threads }) => {
  it('updated a thousand times at once has a thousand and one versions, in the order of the calls', async () => {
    const path = tempPath()
    const cairn = await open({ db: path, threads })
    await cairn.memories.add(fact('count', 0))
    const updates = Array.from({ length: 1000 }, (_, i) =>
      cairn.memories.update('user:alice', 'count', `pebble ${i + 1}`),
    )
    const versions = (await Promise.all(updates)).map(({ version }) => version)
    expect(versions).toEqual(Array.from({ length: 1000 }, (_, i) => i + 2))
    expect(await cairn.memories.get('user:alice', 'count')).toMatchObject({ version: 1001, value: 'pebble 1000' })
    expect((await cairn.search('1000')).hits).toHaveLength(1)
    expect((await cairn.search('999')).hits).toHaveLength(0)
    expectSound(path)
  })

  it('counted up by callers that retry on conflict loses no step', async () => {
    const path = tempPath()
    const cairn = await open({ db: path, threads })
    await cairn.memories.add(fact('count', 0))
    let conflicts = 0
    const stepUp = async (): Promise<void> => {
      for (;;) {
        const seen = await cairn.memories.get('user:alice', 'count')
        if (!seen) throw new Error('the counter is gone')
        try {
          await cairn.memories.update('user:alice', 'count', Number(seen.value) + 1, { ifVersion: seen.version })
          return
        } catch (error) {
          if (!(error instanceof CairnError) || error.code !== 'conflict') throw error
          conflicts++
        }
      }
    }
    const callers = Array.from({ length: 20 }, async () => {
      for (let i = 0; i < 10; i++) await stepUp()
    })
    await Promise.all(callers)
    expect(await cairn.memories.get('user:alice', 'count')).toMatchObject({ version: 201, value: 200 })
    expect(conflicts).toBeGreaterThan(0)
    expect(count(path, 'select count(*) from audit')).toBe(201)
    expectSound(path)
  })

  it('added by a hundred callers at once is added by the first of them only', async () => {
    const cairn = await open({ db: tempPath(), threads })
    const adds = Array.from({ length: 100 }, (_, i) => cairn.memories.add(fact('same', i)))
    const outcomes = await Promise.allSettled(adds)
    expect(outcomes[0]?.status).toBe('fulfilled')
    expect(
      outcomes.slice(1).map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'stored')),
    ).toEqual(Array.from({ length: 99 }, () => 'already_exists'))
    expect((await cairn.memories.get('user:alice', 'same'))?.value).toBe(0)
  })

  it('added, updated and deleted without waiting is what the last of the calls says', async () => {
    const path = tempPath()
    const cairn = await open({ db: path, threads })
    const calls = Array.from({ length: 100 }, (_, i) => [
      cairn.memories.add(fact('k', i)),
      cairn.memories.update('user:alice', 'k', `${i} changed`),
      ...(i < 99 ? [cairn.memories.delete('user:alice', 'k')] : []),
    ])
    await Promise.all(calls.flat())
    expect(await cairn.memories.get('user:alice', 'k')).toMatchObject({ version: 299, value: '99 changed' })
    expectSound(path)
  })

  it('appended with the same event id by many callers at once is stored once', async () => {
    const path = tempPath()
    const cairn = await open({ db: path, threads })
    await cairn.sessions.create({ id: 's', app: 'app', user: 'alice' })
    const event = { eventId: 'once', type: 'message', actor: 'user', content: { text: 'hi' } } as const
    const results = await Promise.all(Array.from({ length: 50 }, () => cairn.sessions.appendEvent('s', event)))
    expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(new Set(results.map((result) => result.event.seq))).toEqual(new Set([1]))
    expectSound(path)
  })
})

describe('a reader that takes its time', () => {
  const walBytes = (path: string): number => statSync(`${path}-wal`).size
  const megabyte = 1_000_000

  it('while 10,000 writes happen makes the log grow, which is cut again once it has ended', async () => {
    const path = tempPath()
    const cairn = await open({ db: path })
    await cairn.memories.add(fact('first'))
    const reader = new Database(path, { readonly: true })
    onTestFinished(() => void reader.close())
    reader.exec('begin')
    const seen = reader.prepare('select count(*) from memory_entries').pluck()
    expect(seen.get()).toBe(1)
    await addHundreds(cairn, 'a', 100)
    const grown = walBytes(path)
    expect(grown).toBeGreaterThan(64 * megabyte)
    expect(seen.get()).toBe(1)
    expect((await cairn.info()).rows.memories).toBe(10_001)
    reader.exec('commit')
    // A write is answered before the log is cut, so the second one is certain to come after that.
    await cairn.memories.add(fact('after'))
    await cairn.memories.add(fact('after that'))
    expect(walBytes(path)).toBeLessThan(megabyte)
    await addHundreds(cairn, 'b', 50)
    expect(walBytes(path)).toBeLessThan(40 * megabyte)
    await cairn.close()
    expectSound(path)
  })

  async function addHundreds(cairn: Cairn, name: string, hundreds: number): Promise<void> {
    const text = 'x'.repeat(2500)
    for (let hundred = 0; hundred < hundreds; hundred++) {
      const facts = Array.from({ length: 100 }, (_, i) => fact(`${name}${hundred}-${i}`, text))
      await Promise.all(facts.map((one) => cairn.memories.add(one)))
    }
  }

  it('of our own, a search or a long list, sees one moment and holds nobody up', async () => {
    const path = tempPath()
    const cairn = await open({ db: path })
    const text = 'pebble '.repeat(200)
    await cairn.memories.addMany(Array.from({ length: 1000 }, (_, i) => fact(`k${i}`, `${text}${i}`)))
    const writes = Array.from({ length: 500 }, (_, i) => cairn.memories.update('user:alice', `k${i}`, `${text}again`))
    const searches = Array.from({ length: 20 }, () => cairn.search('pebble', { limit: 100, offset: 900 }))
    const lists = Array.from({ length: 20 }, () => cairn.memories.list({ limit: 1000 }))
    await Promise.all(writes)
    for (const { hits } of await Promise.all(searches)) expect(hits).toHaveLength(100)
    for (const { items } of await Promise.all(lists)) expect(items).toHaveLength(1000)
    expectSound(path)
  })
})
