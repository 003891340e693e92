// A whole store out as lines and back in, rows a second; and whether the program that does it can do other things.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openCairn } from '../../dist/index.js'
import { openRaw } from './raw.mjs'
import { median, round } from './statistics.mjs'
import { makeMainStore } from './stores.mjs'

const rounds = 3
const counts = { memories: 20_000, events: [10, 1_000, 20_000] }

export async function measureInterchange({ folder }) {
  const source = folder.file('interchange.db')
  await makeMainStore(source, counts)
  setLastSeq(source)
  const exports = []
  const imports = []
  const file = folder.file('interchange.jsonl')
  for (let n = 0; n < rounds; n++) {
    exports.push(await timed(source, (cairn) => writeLines(cairn.export(), file)))
    const target = folder.file(`interchange-${n}.db`)
    imports.push(await timed(target, async (cairn) => sumOf(await cairn.import(file))))
  }
  return [...rowsOf('export', exports), ...rowsOf('import', imports)]
}

/** The raw writers of events leave it to whoever appends. */
function setLastSeq(path) {
  const db = openRaw(path)
  db.exec('update sessions set last_seq = (select max(seq) from session_events where session_id = sessions.id)')
  db.close()
}

async function writeLines(lines, path) {
  const out = createWriteStream(path)
  let count = 0
  for await (const line of lines) {
    count++
    if (!out.write(line)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
  return count
}

function sumOf({ records }) {
  return Object.values(records).reduce((sum, { added }) => sum + added, 0)
}

async function timed(path, work) {
  const cairn = await openCairn(path)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  try {
    delay.enable()
    const start = performance.now()
    const count = await work(cairn)
    const seconds = (performance.now() - start) / 1000
    delay.disable()
    return { speed: count / seconds, count, delay: delay.percentile(99) / 1e6 }
  } finally {
    await cairn.close()
  }
}

function rowsOf(name, runs) {
  const speed = round(median(runs.map((run) => run.speed)), 0)
  const delay = round(median(runs.map((run) => run.delay)), 2)
  const [{ count }] = runs
  return [
    { operation: `${name} of ${count} rows`, measured: `${speed}/s`, value: speed, atLeast: 20_000 },
    { operation: `event-loop delay during an ${name}, p99`, measured: `${delay} ms`, value: delay, atMost: 10 },
  ]
}
