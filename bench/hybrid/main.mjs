// `npm run bench:hybrid -- [--each N] [--json]`: searches by words and vectors end to end, over N memories, N events and N
// sections of pages, with a model that takes no time; and how fast a folder is synced and has its vectors.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { openCairn } from '../../dist/index.js'
import { judge, table } from '../core/report.mjs'
import { makeTexts } from '../core/rows.mjs'
import { quantile, round, timeEach } from '../core/statistics.mjs'
import { makeInstantEmbedder } from './instant-embedder.mjs'
import { fillStore, principalOf, userName, users, writePages } from './store.mjs'

const syncedSections = 5_000

const { values } = parseArgs({ options: { each: { type: 'string', default: '100000' }, json: { type: 'boolean' } } })
const each = Number(values.each)
if (!Number.isInteger(each) || each < users) {
  console.error(`--each is a whole number from ${users}`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'cairn-hybrid-'))
const settings = { db: join(folder, 'hybrid.db'), embedder: makeInstantEmbedder(), background: false }
try {
  const cairn = await openCairn(settings)
  let rows
  try {
    console.error('filling …')
    await fillStore(cairn, folder, each)
    rows = [...(await measureEmbedding(cairn)), ...(await measureSync(cairn)), ...(await measureSearches(cairn))]
  } finally {
    await cairn.close()
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model}`
  const report = { machine, node: process.version, date: new Date().toISOString(), each, rows: rows.map(judge) }
  console.log(values.json ? JSON.stringify(report, null, 2) : table(report))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measureEmbedding(cairn) {
  console.error('embedding …')
  await cairn.embeddings.migrate()
  const start = performance.now()
  await cairn.embeddings.run()
  const seconds = (performance.now() - start) / 1000
  const [{ vectors }] = (await cairn.embeddings.status()).spaces
  const rate = Math.round(vectors / seconds)
  return [{ operation: `vectors of ${vectors} items, by an instant model`, measured: `${rate} a second`, value: rate }]
}

/** Words drawn one by one tell nothing of what comes after them, and a space without trust would have no part in the order. */
function trustSpace() {
  const db = new Database(settings.db)
  db.prepare('update embedding_spaces set found = 0.9, tried_with = 1000000000').run()
  db.close()
}

async function measureSync(cairn) {
  const root = join(folder, 'new')
  writePages(root, syncedSections, makeTexts(5))
  const start = performance.now()
  await cairn.documents.sync(root, { namespace: 'project:new' })
  await cairn.embeddings.run()
  const rate = Math.round(syncedSections / ((performance.now() - start) / 1000))
  const operation = `sync of ${syncedSections} sections, vectors included`
  return [{ operation, measured: `${rate} a second`, value: rate, atLeast: 500 }]
}

async function measureSearches(cairn) {
  trustSpace()
  // The same words as in the store, as often.
  const texts = makeTexts(2)
  const question = () => texts.text(2 + Math.floor(texts.random() * 5))
  const scoped = (mode) => {
    const agent = cairn.as(principalOf(userName(Math.floor(texts.random() * users))))
    return agent.search(question(), { limit: 10, mode })
  }
  const whole = (mode) => cairn.search(question(), { limit: 10, mode })
  const cold = await timeEach(1, () => whole('hybrid'))
  await timeEach(100, () => scoped('hybrid'))
  const rows = [
    {
      operation: 'the first search, which reads all codes',
      measured: `${round(cold[0], 0)} ms`,
      value: round(cold[0], 0),
    },
  ]
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  for (const mode of ['lexical', 'semantic', 'hybrid']) {
    const atMost = mode === 'hybrid' ? { scoped: 25, whole: 120 } : {}
    const inScope = await timeEach(1_000, () => scoped(mode))
    rows.push(p99(`${mode}, one user's ${Math.ceil(each / users) * 3} items, p99`, inScope, atMost.scoped))
    rows.push(p99(`${mode}, all ${each * 3} items, p99`, await timeEach(300, () => whole(mode)), atMost.whole))
  }
  delay.disable()
  const longest = round(delay.max / 1e6, 1)
  rows.push({ operation: 'event loop meanwhile, longest delay', measured: `${longest} ms`, value: longest, atMost: 20 })
  return rows
}

function p99(operation, times, atMost) {
  const at = (q) => round(quantile(times, q), 2)
  return { operation, measured: `p50 ${at(0.5)}, p99 ${at(0.99)} ms`, value: at(0.99), ...(atMost && { atMost }) }
}
