// One process that does nothing but search, so that its memory can be measured: `node child.mjs STORE TRUTH`.
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { quantile, round } from '../core/statistics.mjs'

const count = 10
const [, , path, inputPath] = process.argv
const input = JSON.parse(readFileSync(inputPath, 'utf8'))
const queries = input.queries.map((query) => Float32Array.from(query))
const later = input.later.map((vector) => Float32Array.from(vector))
const filter = Uint32Array.from(input.filter)

const residentMegabytes = () => process.memoryUsage().rss / 1e6

function startThread(name, workerData) {
  const worker = new Worker(new URL(name, import.meta.url), { workerData })
  const ask = (message) =>
    new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.postMessage(message)
    })
  return { ask, end: () => worker.terminate() }
}

function recallOf(found, nearest) {
  const hits = found.map((items, i) => nearest[i].filter((item) => items.includes(item)).length / nearest[i].length)
  return hits.reduce((sum, share) => sum + share, 0) / hits.length
}

/** Each query, one after another: how long they took, and what was found. */
async function searchAll(reader, { among, rescored, rounds = 1 } = {}) {
  const times = []
  let found = []
  for (let round = 0; round < rounds; round++) {
    found = []
    for (const query of queries) {
      const { items, ms } = await reader.ask({ name: 'search', request: { query, count, among, rescored } })
      times.push(ms)
      found.push(items)
    }
  }
  return { p50: round(quantile(times, 0.5), 2), p99: round(quantile(times, 0.99), 2), found }
}

const withRecall = ({ found, ...times }, nearest) => ({ ...times, recall: round(recallOf(found, nearest), 4) })

async function searchWhileInserting(reader) {
  const firstItem = (await reader.ask({ name: 'newest' })) + 1
  const writer = startThread('insert-thread.mjs', { path, vectors: later, rate: 1000, firstItem })
  await pause(500)
  const { p50, p99 } = await searchAll(reader, { rounds: 2 })
  const { rate } = await writer.ask('stop')
  return { p50, p99, rate: Math.round(rate) }
}

const reader = startThread('search-thread.mjs', { path })
await reader.ask({ name: 'newest' })
await pause(300)
const idle = residentMegabytes()
const { ms: loadMs, size, bytes } = await reader.ask({ name: 'load' })

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const whole = withRecall(await searchAll(reader, { rounds: 3 }), input.nearest)
const filtered = withRecall(await searchAll(reader, { among: filter, rounds: 3 }), input.nearestInFilter)
const resident = residentMegabytes() - idle
const rescoring = []
for (const rescored of [50, 100, 150, 200, 300, 400]) {
  rescoring.push({
    rescored,
    whole: withRecall(await searchAll(reader, { rescored }), input.nearest),
    filtered: withRecall(await searchAll(reader, { rescored, among: filter }), input.nearestInFilter),
  })
}
const inserting = await searchWhileInserting(reader)
delay.disable()

console.log(
  JSON.stringify({
    size,
    loadMs: Math.round(loadMs),
    bytesPerVector: round(bytes / size, 1),
    residentMegabytes: round(resident, 1),
    whole,
    filtered,
    inserting,
    rescoring,
    eventLoopDelayMs: round(delay.percentile(99) / 1e6, 2),
    eventLoopLongestMs: round(delay.max / 1e6, 2),
  }),
)
await reader.end()
