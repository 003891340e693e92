import { describe, expect, it } from 'vitest'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore } from '../store.js'

const start = Date.UTC(2026, 0, 1)
const at = (seconds: number) => new Date(start + seconds * 1000)

describe('metrics', () => {
  it('are recorded and found by name, labels and time, newest first', async () => {
    const { cairn } = await openStore({ now: () => start })
    await cairn.metrics.record('latency', 1.5, { model: 'small', cached: true })
    await cairn.metrics.recordMany([
      { name: 'latency', value: 2, labels: { cached: true, model: 'large' }, at: at(-20) },
      { name: 'latency', value: 0, at: '2026-01-01T00:00:10Z' },
      { name: 'cost', value: 9 },
    ])
    await cairn.metrics.recordMany([])
    const { items } = await cairn.metrics.query({ name: 'latency' })
    expect(items).toEqual([
      { timestamp: '2026-01-01T00:00:10.000Z', value: 0, labels: {}, app: null, user: null },
      {
        timestamp: '2026-01-01T00:00:00.000Z',
        value: 1.5,
        labels: { cached: true, model: 'small' },
        app: null,
        user: null,
      },
      {
        timestamp: '2025-12-31T23:59:40.000Z',
        value: 2,
        labels: { cached: true, model: 'large' },
        app: null,
        user: null,
      },
    ])
    const values = async (query: object) =>
      (await cairn.metrics.query({ name: 'latency', ...query })).items.map((item) =>
        'value' in item ? item.value : item,
      )
    expect(await values({ labels: { cached: true } })).toEqual([1.5, 2])
    expect(await values({ labels: { cached: true, model: 'large' } })).toEqual([2])
    expect(await values({ labels: { cached: 'true' } })).toEqual([])
    expect(await values({ since: at(0) })).toEqual([0, 1.5])
    expect(await values({ since: at(-20), until: at(10) })).toEqual([1.5, 2])
    expect(await cairn.metrics.names()).toEqual({ items: ['cost', 'latency'], next: null })
  })

  it('come in pages, also where many have the same time', async () => {
    const { cairn } = await openStore()
    const points = Array.from({ length: 25 }, (_, value) => ({ name: 'm', value, at: at(Math.floor(value / 10)) }))
    await cairn.metrics.recordMany(points)
    const page = (cursor?: string) => cairn.metrics.query({ name: 'm', limit: 4, ...(cursor && { cursor }) })
    expect((await allPages(page)).map(({ value }) => value)).toEqual(points.map(({ value }) => value).reverse())
    await cairn.metrics.recordMany(['a', 'b', 'c'].map((name) => ({ name, value: 1 })))
    const names = (cursor?: string) => cairn.metrics.names({ limit: 3, ...(cursor && { cursor }) })
    expect(await allPages(names)).toEqual(['a', 'b', 'c', 'm'])
  })

  it('are summed up in stretches of time, with exact percentiles', async () => {
    const { cairn } = await openStore()
    const points = Array.from({ length: 200 }, (_, index) => ({
      ...{ name: 'm', value: index % 100, labels: { half: index < 100 ? 1 : 2 }, at: at(index < 100 ? 5 : 70) },
    }))
    await cairn.metrics.recordMany([...points, { name: 'm', value: 500, at: at(200) }])
    const query = { name: 'm', bucketSeconds: 60 }
    const hundred = { count: 100, sum: 4_950, min: 0, max: 99, p50: 49, p95: 94, p99: 98 }
    const last = {
      start: '2026-01-01T00:03:00.000Z',
      count: 1,
      sum: 500,
      min: 500,
      max: 500,
      p50: 500,
      p95: 500,
      p99: 500,
    }
    const second = { start: '2026-01-01T00:01:00.000Z', ...hundred }
    const first = { start: '2026-01-01T00:00:00.000Z', ...hundred }
    expect(await cairn.metrics.query(query)).toEqual({ items: [last, second, first], next: null })
    const page = (cursor?: string) => cairn.metrics.query({ ...query, limit: 1, ...(cursor && { cursor }) })
    expect(await allPages(page)).toEqual([last, second, first])
    expect((await cairn.metrics.query({ ...query, labels: { half: 2 } })).items).toEqual([second])
    expect((await cairn.metrics.query({ ...query, since: at(60), until: at(120) })).items).toEqual([second])
    expect((await cairn.metrics.query({ name: 'none', bucketSeconds: 60 })).items).toEqual([])
  })

  it('are refused when they are no measurements', async () => {
    const { cairn } = await openStore()
    expect((await refusal(cairn.metrics.record('m', -1), 'invalid_input')).message).toContain('value')
    await refusal(cairn.metrics.record('m', Number.NaN), 'invalid_input')
    await refusal(cairn.metrics.record('m', Number.POSITIVE_INFINITY), 'invalid_input')
    await refusal(cairn.metrics.record('', 1), 'invalid_input')
    await refusal(cairn.metrics.record('m', 1, { a: { b: 1 } } as never), 'invalid_input')
    await refusal(cairn.metrics.record('m', 1, { a: 'x'.repeat(5_000) }), 'too_large')
    await refusal(cairn.metrics.recordMany('m' as never), 'invalid_input')
    await refusal(
      cairn.metrics.recordMany([
        { name: 'm', value: 1 },
        { name: 'm', value: -1 },
      ]),
      'invalid_input',
    )
    await refusal(cairn.metrics.query({ name: 'm', bucketSeconds: 0 }), 'invalid_input')
    await refusal(cairn.metrics.query({ name: 'm', cursor: 'x' }), 'invalid_input')
    expect((await cairn.metrics.names()).items).toEqual([])
  })

  it('are seen by those for whom they were recorded, and by root', async () => {
    const { cairn } = await openStore()
    const alice = cairn.as({ app: 'shop', user: 'alice' })
    const bob = cairn.as({ app: 'shop', user: 'bob' })
    await alice.metrics.record('m', 1)
    await bob.metrics.record('m', 2)
    await bob.metrics.record('secret', 3)
    await cairn.metrics.record('m', 4)
    const seen = async (handle: typeof cairn) =>
      (await handle.metrics.query({ name: 'm' })).items.map(({ value }) => value)
    expect(await seen(alice)).toEqual([1])
    expect(await seen(bob)).toEqual([2])
    expect(await seen(cairn)).toEqual([4, 2, 1])
    expect((await alice.metrics.query({ name: 'm', bucketSeconds: 60 })).items).toMatchObject([{ count: 1, sum: 1 }])
    expect((await alice.metrics.names()).items).toEqual(['m'])
    expect(await seen(cairn.as({ app: 'shop' }))).toEqual([])
    expect((await cairn.as({ user: 'alice' }).metrics.names()).items).toEqual([])
  })

  it('of nobody in particular are refused, which the trail tells; what was recorded it does not', async () => {
    const { cairn } = await openStore()
    await cairn.as({ app: 'shop', user: 'alice' }).metrics.record('m', 1)
    await refusal(cairn.as({ user: 'alice' }).metrics.record('m', 1), 'forbidden')
    await refusal(cairn.as({ app: 'shop', user: 'alice' }).metrics.operations(), 'forbidden')
    const { items } = await cairn.audit.list()
    expect(items.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['read', 'forbidden'],
      ['create', 'forbidden'],
    ])
  })
})

describe('the times of operations', () => {
  it('are those of this process up to now, and of all since a time', async () => {
    const { cairn } = await openStore()
    for (let n = 0; n < 5; n++)
      await cairn.memories.add({ namespace: 'user:a', key: `${n}`, value: 1, type: 'semantic' })
    await cairn.memories.get('user:a', '1')
    const { items } = await cairn.metrics.operations()
    expect(items.map(({ operation }) => operation)).toEqual(['memories.add', 'memories.get'])
    const [add] = items
    expect(add).toMatchObject({ operation: 'memories.add', count: 5 })
    expect(add?.mean).toBeGreaterThan(0)
    expect(add?.max).toBeGreaterThanOrEqual(add?.p99 ?? 0)
    expect(add?.p99).toBeGreaterThanOrEqual(add?.p50 ?? 0)
    const one = await cairn.metrics.operations({ name: 'memories.get', since: '2026-01-01' })
    expect(one).toMatchObject({ items: [{ operation: 'memories.get', count: 1 }], next: null })
  })

  it('hold failures as well', async () => {
    const { cairn } = await openStore()
    await refusal(cairn.memories.update('user:a', 'none', 1), 'not_found')
    expect((await cairn.metrics.operations()).items).toMatchObject([{ operation: 'memories.update', count: 1 }])
  })
})
