// `npm run bench:recall -- FOLDER [--json] [--out results.jsonl] [--compare other.jsonl] [--misspell] [--mode M]
// [--embedder E]`: how well a set of questions with known answers is answered, through the public API only; with one word
// of each misspelt if asked. The form of a folder is in docs/benchmarks.md.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openCairn } from '../../dist/index.js'
import { round } from '../core/statistics.mjs'
import { ask } from './ask.mjs'
import { comparePaired, readResults, writeResults } from './compare.mjs'
import { checkNames, embedderUsage, toEmbedder } from './embed.mjs'
import { fill } from './fill.mjs'
import { measureNames, summarize, times } from './measures.mjs'
import { misspell } from './misspell.mjs'
import { readSet } from './read-set.mjs'

const usage = `usage: npm run bench:recall -- FOLDER [--json] [--out results.jsonl] [--compare other.jsonl] [--misspell]
  [--mode hybrid | lexical | semantic] [--embedder ${embedderUsage}]`

function parse() {
  const [flag, text] = [{ type: 'boolean' }, { type: 'string' }]
  const flags = { json: flag, misspell: flag, out: text, compare: text, mode: text, embedder: text }
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: flags })
    if (positionals.length !== 1) throw new Error('one folder is needed')
    checkNames(values)
    return { folder: positionals[0], ...values }
  } catch (error) {
    console.error(`${error.message}\n${usage}`)
    process.exit(2)
  }
}

const options = parse()
const read = readSet(options.folder)
const set = options.misspell ? { ...read, queries: misspell(read.queries) } : read
const embedder = options.embedder && toEmbedder(options.embedder, set)
const earlier = options.compare === undefined ? undefined : readResults(options.compare)
const folder = mkdtempSync(join(tmpdir(), 'cairn-recall-'))
try {
  const cairn = await openCairn({ db: join(folder, 'recall.db'), ...(embedder && { embedder, background: false }) })
  try {
    const start = performance.now()
    const finder = await fill[set.form](cairn, set, folder, options.mode && { mode: options.mode })
    const filled = performance.now() - start
    if (embedder) {
      await cairn.embeddings.migrate()
      await cairn.embeddings.run()
    }
    const results = await ask(set, finder)
    if (options.out !== undefined) writeResults(options.out, results)
    const report = makeReport(results, filled)
    console.log(options.json ? JSON.stringify(report, null, 2) : table(report))
  } finally {
    await cairn.close()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function makeReport(results, filled) {
  const categories = new Map()
  for (const result of results) {
    if (result.category) categories.set(result.category, [...(categories.get(result.category) ?? []), result])
  }
  return {
    set: set.name,
    form: set.form,
    ...(options.mode && { mode: options.mode }),
    ...(options.embedder && { embedder: options.embedder }),
    items: set.corpus.length,
    queries: results.length,
    ...summarize(results),
    categories: Object.fromEntries(
      [...categories].map(([name, group]) => [name, { queries: group.length, ...summarize(group) }]),
    ),
    queryMs: times(results),
    fillMs: Math.round(filled),
    node: process.version,
    ...(earlier && { compared: comparePaired(results, earlier) }),
  }
}

function table(report) {
  const row = (name, group) =>
    `| ${name} | ${group.queries} | ${measureNames.map((measure) => group[measure].toFixed(3)).join(' | ')} |`
  const { p50, p95, p99 } = report.queryMs
  const lines = [
    `${report.items} ${report.form}, filled in ${round(report.fillMs / 1000, 1)} s; a query takes p50 ${p50}, p95 ${p95}, p99 ${p99} ms`,
    '',
    `| ${report.set} | queries | ${measureNames.join(' | ')} |`,
    `|---|${'---|'.repeat(measureNames.length + 1)}`,
    row('all', report),
    ...Object.entries(report.categories).map(([name, group]) => row(`· ${name}`, group)),
  ]
  if (report.compared) lines.push('', report.compared.test)
  for (const [measure, { before, after, difference, interval, p }] of Object.entries(report.compared?.measures ?? {})) {
    lines.push(`${measure}: ${before} → ${after}, ${difference} [${interval.join(', ')}], p = ${p}`)
  }
  return lines.join('\n')
}
