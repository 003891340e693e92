import { afterEach, describe, expect, it, vi } from 'vitest'
import { CairnError } from '../../src/errors.js'
import { OperationTimes } from '../../src/observe/operation-times.js'
import { type RollupOptions, rollUp, startRollup } from '../../src/observe/rollup.js'
import { openSqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js'
import type { Storage } from '../../src/storage/storage.js'
import { useTempFolder } from '../helpers/temp-folder.js'

const newPath = useTempFolder()
const minute = 60_000
const day = 86_400_000
const start = Date.UTC(2026, 0, 1)
const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function open(path = newPath()): Promise<Storage> {
  const storage = await openSqliteStorage({
    ...{ path, create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false },
  })
  cleanups.push(() => storage.close())
  return storage
}

function options(storage: Storage, changes: Partial<RollupOptions> = {}): RollupOptions {
  return { storage, times: new OperationTimes(), now: () => start, holder: 'p1', metricsDays: 30, ...changes }
}

const stored = (storage: Storage, since = 0) => storage.metrics.histograms({ since })

describe('a roll-up', () => {
  it('adds up what processes measured in the same minute', async () => {
    const storage = await open()
    const one = options(storage)
    const other = options(storage, { holder: 'p2', now: () => start + 20_000 })
    one.times.record('memories.add', 1)
    one.times.record('memories.add', 3)
    one.times.record('sessions.get', 0.5)
    other.times.record('memories.add', 8)
    await rollUp(one)
    await rollUp(other)
    expect(await stored(storage)).toMatchObject([
      { name: 'memories.add', count: 3, sum: 12, min: 1, max: 8 },
      { name: 'sessions.get', count: 1, sum: 0.5, min: 0.5, max: 0.5 },
    ])
    // The middle of what was measured lies in the minute before.
    expect(await stored(storage, start - minute)).toHaveLength(2)
    expect(await stored(storage, start)).toEqual([])
  })

  it('keeps each minute apart, and one name from the others', async () => {
    const storage = await open()
    let now = start
    const times = new OperationTimes()
    for (const millis of [1, 2, 4]) {
      times.record('a', millis)
      times.record('b', 9)
      await rollUp(options(storage, { times, now: () => now }))
      now += minute
    }
    expect(await storage.metrics.histograms({ name: 'a', since: start })).toMatchObject([{ name: 'a', sum: 6 }])
    expect(await storage.metrics.histograms({ name: 'c', since: 0 })).toEqual([])
  })

  it('writes nothing when nothing was measured, its own work included', async () => {
    const storage = await open()
    const idle = options(storage)
    for (const name of ['metrics.addHistograms', 'metrics.prune', 'leases.take']) idle.times.record(name, 1)
    const spy = vi.spyOn(storage.leases, 'take')
    await rollUp(idle)
    expect(spy).not.toHaveBeenCalled()
    expect(await stored(storage)).toEqual([])
  })

  it('is done later when the store cannot take it now', async () => {
    const storage = await open()
    const late = options(storage)
    late.times.record('a', 1)
    const failing = vi.spyOn(storage.metrics, 'addHistograms').mockRejectedValueOnce(new CairnError('busy', 'Busy.'))
    await rollUp(late)
    expect(await stored(storage)).toEqual([])
    late.times.record('a', 2)
    await rollUp(late)
    expect(failing).toHaveBeenCalledTimes(2)
    expect(await stored(storage)).toMatchObject([{ name: 'a', count: 2, sum: 3 }])
    await rollUp({
      ...late,
      now: () => {
        throw new CairnError('config_invalid', 'No clock.')
      },
    })
  })

  it('removes what is too old, in batches, by one process at a time', async () => {
    const storage = await open()
    const old = Array.from({ length: 1_500 }, (_, index) => ({
      ...{ name: 'm', value: 1, labels: '{}', timestamp: start - 30 * day - 1 - (index % 7) },
    }))
    const points = [...old, { name: 'm', value: 2, labels: '{}', timestamp: start - 30 * day }]
    await storage.metrics.record({ points, owner: null })
    const prune = vi.spyOn(storage.metrics, 'prune')
    const list = () =>
      storage.metrics.points({ name: 'm', owner: undefined, labels: {}, since: 0, before: [start, 0], limit: 5_000 })
    const [one, other] = [options(storage), options(storage, { holder: 'p2' })]
    for (const each of [one, other]) each.times.record('a', 1)
    await rollUp({ ...one, metricsDays: 0 })
    expect(prune).not.toHaveBeenCalled()
    one.times.record('a', 1)
    await rollUp(one)
    expect(prune).toHaveBeenCalledTimes(2)
    expect(await list()).toMatchObject([{ value: 2 }])
    await rollUp(other)
    expect(prune).toHaveBeenCalledTimes(2)
    other.times.record('a', 1)
    await rollUp({ ...other, now: () => start + 31 * day })
    expect(await list()).toEqual([])
    expect(await stored(storage, 0)).toMatchObject([{ name: 'a', count: 1 }])
  })
})

describe('rolling up', () => {
  it('happens once a minute, and at the end of a process that was there for a minute', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    const storage = await open()
    const running = options(storage)
    const stop = startRollup(running)
    running.times.record('a', 1)
    vi.advanceTimersByTime(minute - 1)
    expect(running.times.current()).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(running.times.current()).toEqual([])
    running.times.record('a', 2)
    await stop()
    expect(await stored(storage)).toMatchObject([{ name: 'a', count: 2, sum: 3 }])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves nothing of a process that did one thing', async () => {
    const storage = await open()
    const brief = options(storage)
    const stop = startRollup(brief)
    brief.times.record('a', 1)
    await stop()
    expect(await stored(storage)).toEqual([])
  })
})
