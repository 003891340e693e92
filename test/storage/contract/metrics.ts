import { expect, it } from 'vitest'
import { addValue, emptyHistogram } from '../../../src/observe/histogram.js'
import type { NewPoint } from '../../../src/storage/metric-store.js'
import { now, type Subject, trail } from './subject.js'

const alice = { app: 'support', user: 'alice' }

function point(value: number, changes: Partial<NewPoint> = {}): NewPoint {
  return { name: 'latency', value, labels: '{}', timestamp: now + value, ...changes }
}

function histogram(name: string, ...values: number[]) {
  const counted = emptyHistogram()
  for (const value of values) addValue(counted, value)
  return { name, ...counted }
}

export function describeMetrics(subject: Subject): void {
  const query = { name: 'latency', owner: undefined, labels: {}, since: 0 }
  const values = async (changes: object = {}) => {
    const rows = await subject.storage.metrics.points({ ...query, before: [now * 2, 0], limit: 100, ...changes })
    return rows.map(({ value }) => value)
  }

  it('are listed by name, owner, labels and time, newest first, within the limit', async () => {
    const { metrics } = subject.storage
    await metrics.record({ points: [point(1), point(2, { labels: '{"a":1}' }), point(3)], owner: null })
    await metrics.record({
      points: [point(4, { labels: '{"a":1,"b":"x"}' }), point(5, { name: 'other' })],
      owner: alice,
    })
    expect(await values()).toEqual([4, 3, 2, 1])
    expect(await values({ limit: 2 })).toEqual([4, 3])
    expect(await values({ before: [now + 3, 0] })).toEqual([2, 1])
    expect(await values({ since: now + 3 })).toEqual([4, 3])
    expect(await values({ owner: alice })).toEqual([4])
    expect(await values({ owner: { ...alice, user: 'bob' } })).toEqual([])
    expect(await values({ labels: { a: 1 } })).toEqual([4, 2])
    expect(await values({ labels: { a: 1 }, limit: 1 })).toEqual([4])
    expect(await values({ labels: { a: 1, b: 'x' } })).toEqual([4])
    const [newest] = await metrics.points({ ...query, before: [now * 2, 0], limit: 1 })
    expect(newest).toMatchObject({ timestamp: now + 4, value: 4, labels: '{"a":1,"b":"x"}', ...alice })
  })

  it('of one time go on where a page ended', async () => {
    const { metrics } = subject.storage
    await metrics.record({ points: [1, 2, 3].map((value) => point(value, { timestamp: now })), owner: null })
    const [first, second] = await metrics.points({ ...query, before: [now + 1, 0], limit: 2 })
    expect([first?.value, second?.value]).toEqual([3, 2])
    expect(await values({ before: [now, second?.id] })).toEqual([1])
  })

  it('are summed up by stretches of time, as many as are wanted', async () => {
    const { metrics } = subject.storage
    const points = [1, 2, 3, 11, 12, 31].map((value) => point(value))
    await metrics.record({ points, owner: alice })
    const buckets = (changes: object = {}) =>
      metrics.buckets({ ...query, owner: alice, millis: 10, before: now + 100, limit: 9, ...changes })
    const all = await buckets()
    expect(all).toEqual([
      { start: now + 30, count: 1, sum: 31, min: 31, max: 31, p50: 31, p95: 31, p99: 31 },
      { start: now + 10, count: 2, sum: 23, min: 11, max: 12, p50: 11, p95: 12, p99: 12 },
      { start: now, count: 3, sum: 6, min: 1, max: 3, p50: 2, p95: 3, p99: 3 },
    ])
    expect(await buckets({ limit: 2 })).toEqual(all.slice(0, 2))
    expect(await buckets({ before: now + 10 })).toEqual(all.slice(2))
    expect(await buckets({ owner: { ...alice, app: 'sales' } })).toEqual([])
  })

  it('have names, in order, of those who may see them', async () => {
    const { metrics } = subject.storage
    await metrics.record({ points: ['b', 'a', 'b'].map((name) => point(1, { name })), owner: null })
    await metrics.record({ points: [point(1, { name: 'c' })], owner: alice })
    expect(await metrics.names({ owner: undefined, after: '', limit: 9 })).toEqual(['a', 'b', 'c'])
    expect(await metrics.names({ owner: undefined, after: 'a', limit: 1 })).toEqual(['b'])
    expect(await metrics.names({ owner: alice, after: '', limit: 9 })).toEqual(['c'])
  })

  it('leave no line of the trail', async () => {
    await subject.storage.metrics.record({ points: [point(1)], owner: alice })
    expect(await trail(subject.storage)).toEqual([])
  })

  it('of the service itself are added up over processes and minutes', async () => {
    const { metrics } = subject.storage
    const other = (await subject.another()).metrics
    const minute = 60_000
    await Promise.all([
      metrics.addHistograms({ minute: 0, histograms: [histogram('a', 1, 2), histogram('b', 5)] }),
      other.addHistograms({ minute: 0, histograms: [histogram('a', 100)] }),
      metrics.addHistograms({ minute, histograms: [histogram('a', 7)] }),
    ])
    const [a, b] = await metrics.histograms({ since: 0 })
    expect(a).toMatchObject({ name: 'a', count: 4, sum: 110, min: 1, max: 100 })
    expect(new Map([...(a?.buckets ?? [])].sort())).toEqual(new Map([...histogram('a', 1, 2, 100, 7).buckets].sort()))
    expect(b).toMatchObject({ name: 'b', count: 1 })
    expect(await metrics.histograms({ since: minute })).toMatchObject([{ name: 'a', count: 1, sum: 7 }])
    expect(await metrics.histograms({ name: 'b', since: 0 })).toEqual([b])
  })

  it('go when they are old, the oldest first, so many at a time', async () => {
    const { metrics } = subject.storage
    await metrics.record({ points: [3, 1, 2].map((value) => point(value)), owner: null })
    await metrics.addHistograms({ minute: now, histograms: [histogram('a', 1), histogram('b', 1)] })
    expect(await metrics.prune({ before: now + 3, limit: 1 })).toBe(2)
    expect(await values()).toEqual([3, 2])
    expect(await metrics.prune({ before: now + 3, limit: 10 })).toBe(2)
    expect(await metrics.prune({ before: now + 3, limit: 10 })).toBe(0)
    expect(await values()).toEqual([3])
    expect(await metrics.histograms({ since: 0 })).toEqual([])
  })
}

export function describeLeases(subject: Subject): void {
  const take = (holder: string, at: number, name = 'work') =>
    subject.storage.leases.take({ name, holder, now: at, until: at + 10 })

  it('have one holder at a time, until they run out', async () => {
    expect(await take('p1', 0)).toBe(true)
    expect(await take('p2', 9)).toBe(false)
    expect(await take('p2', 9, 'other work')).toBe(true)
    expect(await take('p1', 9)).toBe(true)
    expect(await take('p2', 18)).toBe(false)
    expect(await take('p2', 19)).toBe(true)
    expect(await take('p1', 20)).toBe(false)
  })

  it('are held or not, whoever asks', async () => {
    const held = (at: number, name = 'work') => subject.storage.leases.isHeld({ name, now: at })
    expect(await held(0)).toBe(false)
    await take('p1', 0)
    expect([await held(9), await held(10), await held(9, 'other work')]).toEqual([true, false, false])
    await subject.storage.leases.release({ name: 'work', holder: 'p1' })
    expect(await held(9)).toBe(false)
  })

  it('are given back by their holder only', async () => {
    await take('p1', 0)
    await subject.storage.leases.release({ name: 'work', holder: 'p2' })
    expect(await take('p2', 1)).toBe(false)
    await subject.storage.leases.release({ name: 'work', holder: 'p1' })
    expect(await take('p2', 1)).toBe(true)
  })

  it('are given once to many who ask at once', async () => {
    const other = await subject.another()
    const asked = Array.from({ length: 10 }, (_, index) =>
      (index % 2 ? other : subject.storage).leases.take({ name: 'work', holder: `p${index}`, now: 0, until: 10 }),
    )
    expect((await Promise.all(asked)).filter((taken) => taken)).toHaveLength(1)
  })
}
