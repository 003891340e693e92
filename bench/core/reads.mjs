// Reads beside a raw select with JSON.parse, search in one user's scope, and the roadmap's own limits.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openCairn } from '../../dist/index.js'
import { openRaw } from './raw.mjs'
import { makeTexts } from './rows.mjs'
import { median, quantile, round, timeEach } from './statistics.mjs'
import { owner } from './stores.mjs'

const count = 100_000

function parseJson(row) {
  row.value = JSON.parse(row.value)
  row.metadata = JSON.parse(row.metadata)
}

export async function measureReads(context) {
  const db = openRaw(context.mainStore)
  db.pragma('cache_size = -8192') // as much as the product's reader has
  const cairn = await openCairn(context.mainStore)
  const get = db.prepare('select * from memory_entries where namespace = ? and key = ? and superseded_at is null')
  const list = db.prepare(`select * from memory_entries
    where namespace >= ? and namespace < ? and superseded_at is null and is_deleted = 0 order by namespace, key limit 50`)
  const { random } = makeTexts(21)
  const pick = () => Math.floor(random() * count)
  const samples = { rawGet: [], get: [], rawList: [], list: [] }
  for (let i = 0; i < 6_000; i++) {
    const [a, b] = [pick(), pick()]
    samples.rawGet.push(...(await timeEach(1, () => parseJson(get.get(`user:u${a % 100}:notes`, `note-${a}`)))))
    samples.get.push(...(await timeEach(1, () => cairn.memories.get(`user:u${b % 100}:notes`, `note-${b}`))))
    if (i % 6 > 0) continue
    const [c, d] = [`user:u${a % 100}`, `user:u${b % 100}`]
    samples.rawList.push(...(await timeEach(1, () => list.all(c, `${c};`).forEach(parseJson))))
    samples.list.push(...(await timeEach(1, () => cairn.memories.list({ namespace: d, limit: 50 }))))
  }
  const agent = cairn.as(owner)
  const sessions = await timeEach(2_000, () => agent.sessions.get('s100000'))
  await cairn.close()
  db.close()
  const micro = (values) => `${round(median(values) * 1000, 1)} µs`
  const ratio = (a, b) => round(median(a) / median(b), 2)
  const p99 = (values) => ({
    measured: `${round(quantile(values, 0.99), 2)} ms`,
    value: round(quantile(values, 0.99), 2),
  })
  return [
    {
      operation: 'get, p50',
      measured: micro(samples.get),
      yardstick: micro(samples.rawGet),
      value: ratio(samples.get, samples.rawGet),
      ratio: true,
      atMost: 2,
    },
    {
      operation: 'list of 50 by namespace, p50',
      measured: micro(samples.list),
      yardstick: micro(samples.rawList),
      value: ratio(samples.list, samples.rawList),
      ratio: true,
      atMost: 1.5,
    },
    { operation: 'roadmap: session by id, p99', ...p99(sessions), atMost: 10 },
    { operation: 'roadmap: memory by key, p99', ...p99(samples.get), atMost: 20 },
    { operation: 'roadmap: namespace list, p99', ...p99(samples.list), atMost: 50 },
  ]
}

/** Questions of 2 to 6 words as often as they occur, so that many hold words that most rows have. */
export async function measureSearch(context) {
  const cairn = await openCairn(context.searchStore)
  const texts = makeTexts(2)
  const question = () => texts.text(2 + Math.floor(texts.random() * 5))
  const search = (limit) => {
    const agent = cairn.as({ app: 'bench', user: `u${Math.floor(texts.random() * 300)}` })
    return agent.search(question(), { limit })
  }
  await timeEach(100, () => search(10))
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const scoped = await timeEach(2_000, () => search(10))
  const whole = await timeEach(400, () => cairn.search(question(), { limit: 10 }))
  delay.disable()
  await cairn.close()
  const longest = round(delay.max / 1e6, 1)
  const p = (values, q) => round(quantile(values, q), 2)
  return [
    {
      operation: "search, one user's 1,000 of 300,000 items, p99",
      measured: `p50 ${p(scoped, 0.5)}, p99 ${p(scoped, 0.99)} ms`,
      value: p(scoped, 0.99),
      atMost: 15,
    },
    {
      operation: 'search over all 300,000 items, p50',
      measured: `p50 ${p(whole, 0.5)} ms`,
      value: p(whole, 0.5),
      atMost: 30,
    },
    { operation: 'the same, p99', measured: `p99 ${p(whole, 0.99)} ms`, value: p(whole, 0.99), atMost: 100 },
    { operation: 'event loop meanwhile, longest delay', measured: `${longest} ms`, value: longest, atMost: 20 },
  ]
}
