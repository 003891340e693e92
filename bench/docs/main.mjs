// `npm run bench:docs -- [--json]`: how long it takes to index real folders of markdown, and what others feel of it. The
// folders are those of `../shared/data`; without them there is nothing to measure.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openCairn } from '../../dist/index.js'
import { judge, table } from '../core/report.mjs'
import { median, quantile, round } from '../core/statistics.mjs'
import { makeFolder } from '../core/stores.mjs'

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
const notes = join(data, 'md-tldr-en', 'files')
const designs = join(data, 'md-rust-rfcs', 'files')
const debounceMs = 500

const { values } = parseArgs({ options: { json: { type: 'boolean' } } })
if (!existsSync(notes) || !existsSync(designs)) {
  console.error('skipped: ../shared/data is not here')
  process.exit(0)
}

const folder = makeFolder()
const rows = []
try {
  for (const measure of [measureSyncs, measureOthers, measureMemory, measureWatch]) {
    console.error(`${measure.name} …`)
    rows.push(...(await measure()))
  }
} finally {
  folder.remove()
}
const machine = `${cpus().length} × ${cpus()[0]?.model}`
const report = { machine, node: process.version, date: new Date().toISOString(), rows: rows.map(judge) }
console.log(values.json ? JSON.stringify(report, null, 2) : table(report))

async function measureSyncs() {
  const cairn = await openCairn(folder.file('syncs.db'))
  const first = await cairn.documents.sync(notes)
  const again = await cairn.documents.sync(notes)
  await cairn.close()
  const seconds = ({ tookMs }) => round(tookMs / 1000, 2)
  const count = first.added.toLocaleString('en')
  return [
    { operation: `first sync of ${count} files`, measured: `${seconds(first)} s`, value: seconds(first), atMost: 10 },
    { operation: 'second sync of them', measured: `${seconds(again)} s`, value: seconds(again), atMost: 1 },
  ]
}

/** Somebody adds a memory every ten milliseconds all the while, in this process or in another. */
async function measureOthers() {
  const own = await withSync('own.db', async (_path, cairn, signal) => {
    const times = []
    for (let count = 0; !signal.aborted; count++) {
      const start = performance.now()
      await cairn.memories.add({ namespace: 'user:own', key: `k${count}`, type: 'semantic', value: `note ${count}` })
      times.push(performance.now() - start)
      await sleep(10)
    }
    return times
  })
  const others = await withSync('others.db', async (path, _cairn, signal) => {
    const other = start('write', path)
    signal.addEventListener('abort', () => other.process.stdin.end())
    return JSON.parse(await other.line())
  })
  const row = (where, times) => {
    const [p50, p99] = [round(median(times), 1), round(quantile(times, 0.99), 1)]
    const operation = `an add during a sync, ${where}, p99`
    return { operation, measured: `p50 ${p50}, p99 ${p99} ms, ${times.length} adds`, value: p99, atMost: 50 }
  }
  return [row('in the same process', own), row('in another', others)]
}

/** Syncs both folders while `work` goes on. */
async function withSync(name, work) {
  const path = folder.file(name)
  const cairn = await openCairn(path)
  const controller = new AbortController()
  const working = work(path, cairn, controller.signal)
  await cairn.documents.sync([notes, designs])
  controller.abort()
  const result = await working
  await cairn.close()
  return result
}

/** Three times the same files, so that caches are full when it counts. */
async function measureMemory() {
  const copies = folder.file('designs')
  for (const copy of ['1', '2', '3']) cpSync(designs, join(copies, copy), { recursive: true })
  const child = start('memory', folder.file('memory.db'), copies)
  const { early, late, files } = JSON.parse(await child.line())
  const growth = round(late - early, 0)
  const measured = `at most ${round(early, 0)} MB in the first half, ${round(late, 0)} in the second`
  const operation = `memory while syncing ${files.toLocaleString('en')} long files: growth in MB`
  return [{ operation, measured, value: growth, atMost: 50 }]
}

/** From the end of an edit to the first search that finds it, less the debounce. */
async function measureWatch() {
  const copy = folder.file('notes')
  cpSync(notes, copy, { recursive: true })
  const cairn = await openCairn(folder.file('watch.db'))
  const watcher = await cairn.documents.watch(copy, { debounceMs })
  await new Promise((resolve) => watcher.once('watching', resolve))
  const times = []
  for (let edit = 0; edit < 10; edit++) {
    writeFileSync(join(copy, 'common', 'ls.md'), `# ls\n\nedited word${edit}x\n`)
    const start = performance.now()
    while ((await cairn.search(`word${edit}x`, { kinds: ['document'] })).hits.length === 0) await sleep(5)
    times.push(performance.now() - start - debounceMs)
  }
  await cairn.close()
  const worst = round(Math.max(...times) / 1000, 2)
  const measured = `median ${round(median(times) / 1000, 2)}, at most ${worst} s after the debounce`
  return [{ operation: 'an edited file of 7,424 is found', measured, value: worst, atMost: 1 }]
}

function start(...args) {
  const child = fileURLToPath(new URL('./child.mjs', import.meta.url))
  const process_ = spawn(process.execPath, [child, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]()
  return { process: process_, line: async () => (await lines.next()).value }
}
