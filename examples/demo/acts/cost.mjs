import { stat } from 'node:fs/promises'
import process from 'node:process'
import { measureBurst } from '../burst.mjs'
import { amount, count, millis, perSecond, seconds, size } from '../words.mjs'

/** What all of it took. Closes the store first, so that its size is that of the one file which is left. */
export async function actCost({ cairn, stage, meter, sessions, turns, file, keep, command }) {
  await stage.act('What it took')
  const { rows, engine, engineVersion, schemaVersion } = await cairn.info()
  await cairn.close()
  const { size: bytes } = await stat(file)
  const burst = await measureBurst(`${file}.burst`)
  const { writes, searches } = meter
  const table = [
    ['played', count(turns.size, 'turn'), `${count(sessions.length, 'session')}, ${count(rows.audit, 'audit line')}`],
    ['remembered', count(rows.memories, 'memory'), count(rows.memoryVersions, 'version')],
    [
      'written',
      perSecond(writes),
      `${amount(writes.count)} in ${count(writes.calls, 'call')}, each on disk before the next`,
    ],
    ['', perSecond(burst), `${amount(burst.count)} small memories at once, in another store`],
    [
      'searched',
      `${millis(meter.percentile(0.5))} p50`,
      `${millis(meter.percentile(0.99))} p99 of ${count(searches.length, 'search')}`,
    ],
    ['', '', `${millis(meter.firstSearch)} for the first, which starts the thread`],
    ['stored', size(bytes), `one file, ${engine} ${engineVersion}, schema ${schemaVersion}`],
    [
      'in all',
      seconds(meter.elapsedMs() - stage.pausedMs),
      `${stage.pausedMs > 0 ? 'pauses left out, ' : ''}Node ${process.version}`,
    ],
    ['again', command, ''],
  ]
  await showTable(stage, table)
  stage.line()
  if (keep) {
    stage.line(`   The store is kept: ${stage.paint.cyan(file)}`)
    stage.line(stage.paint.dim(`   Look around in it:  npx cairn memory list --db ${file}`))
  } else {
    stage.text('The store was temporary and is gone; --keep keeps it, and says where.', stage.paint.dim)
  }
  stage.line()
}

async function showTable(stage, table) {
  const { dim, bold, cyan } = stage.paint
  const rows = table.map(([what, number, note]) => [
    { text: what, paint: dim },
    { text: number, paint: what === 'again' ? cyan : bold },
    { text: note, paint: dim },
  ])
  await stage.rows(rows.slice(0, -1))
  const [what, command] = rows.at(-1)
  await stage.rows([[{ ...what, text: what.text.padEnd(10) }, command]])
}
