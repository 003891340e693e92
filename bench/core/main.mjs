// `npm run bench:core -- [--json] [--only adds,appends,…]`: each operation beside the same rows written or read by a
// plain better-sqlite3 loop in the same run. Ratios count; the milliseconds are those of this machine today.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureBranches } from './branches.mjs'
import { measureCheckpoints } from './checkpoints.mjs'
import { measureContext } from './context.mjs'
import { measureInterchange } from './interchange.mjs'
import { measureManyProcesses, measureStart } from './processes.mjs'
import { measureReads, measureSearch } from './reads.mjs'
import { judge, table } from './report.mjs'
import { makeFolder, makeLargeStore, makeMainStore, makeSearchStore } from './stores.mjs'
import { measureTasks } from './tasks.mjs'
import { measureAdds, measureAppends, measureSessions } from './writes.mjs'

const measures = {
  adds: { run: measureAdds, needs: ['mainStore'] },
  appends: { run: measureAppends, needs: ['mainStore'] },
  sessions: { run: measureSessions, needs: ['mainStore'] },
  branches: { run: measureBranches, needs: [] },
  reads: { run: measureReads, needs: ['mainStore'] },
  search: { run: measureSearch, needs: ['searchStore'] },
  tasks: { run: measureTasks, needs: ['mainStore'] },
  checkpoints: { run: measureCheckpoints, needs: ['mainStore'] },
  context: { run: measureContext, needs: [] },
  interchange: { run: measureInterchange, needs: [] },
  start: { run: measureStart, needs: ['mainStore', 'largeStore'] },
  processes: { run: measureManyProcesses, needs: ['mainStore'] },
}

const makers = { mainStore: makeMainStore, searchStore: makeSearchStore, largeStore: makeLargeStore }

const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } })
const names = values.only?.split(',') ?? Object.keys(measures)
const unknown = names.filter((name) => !(name in measures))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}. There are ${Object.keys(measures).join(', ')}.`)
  process.exit(2)
}

const folder = makeFolder()
const context = { folder }
const rows = []
try {
  for (const name of names) {
    for (const need of measures[name].needs) {
      if (context[need]) continue
      console.error(`making ${need} …`)
      context[need] = folder.file(`${need}.db`)
      await makers[need](context[need])
    }
    console.error(`measuring ${name} …`)
    rows.push(...(await measures[name].run(context)))
  }
} finally {
  folder.remove()
}

const report = {
  machine: `${cpus().length} × ${cpus()[0]?.model}`,
  node: process.version,
  date: new Date().toISOString(),
  rows: rows.map(judge),
}
console.log(values.json ? JSON.stringify(report, null, 2) : table(report))
