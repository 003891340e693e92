import { resolve } from 'node:path'
import type { SyncReport } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { formatTime } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'
import { wholeNumber } from '../values.js'
import { addFolders, formatReport, type SyncFlags } from './docs-sync.js'

interface WatchFlags extends SyncFlags {
  debounceMs?: number
  scanMs?: number
}

export function addDocsWatch(docs: CairnCommand, io: Io): void {
  const watch = docs.command('watch').description('Sync some folders and then every change in them, until Ctrl-C.')
  addFolders(watch)
    .option('--debounce-ms <n>', 'look when nothing has changed for so long; default 500', wholeNumber(0, 3_600_000))
    .option(
      '--scan-ms <n>',
      'look at everything so often, for changes that no event told of; default 3600000, an hour',
      wholeNumber(1_000, 86_400_000),
    )
    .addHelpText('after', examples('cairn docs watch docs', 'cairn docs watch docs notes --json'))
    .action((folders: string[], flags: WatchFlags, command: CairnCommand) =>
      onStore({ command, io, threads: true }, async ({ cairn, output }) => {
        const stopped = io.untilStopped?.()
        const watcher = await cairn.documents.watch(
          folders.map((folder) => resolve(io.cwd, folder)),
          flags,
        )
        watcher.on('standby', () => output.note('Another process watches this folder; taking over when it ends.'))
        watcher.on('watching', () => output.note('Watching. Ctrl-C ends it.'))
        watcher.on('failure', (error) => output.error(error))
        let first = true
        watcher.on('sync', (report) => {
          if (first || hasNews(report)) show(report, output)
          first = false
        })
        await stopped
        await watcher.close()
      }),
    )
}

/** Files that are skipped are told once, not with each sync that finds nothing else. */
function hasNews({ added, changed, moved, removed }: SyncReport): boolean {
  return added + changed + moved + removed > 0
}

/** With --json one document on one line for each sync, as programs read a stream. */
function show(report: SyncReport, output: Output): void {
  const at = new Date().toISOString()
  output.line({ at, ...report }, () => `${formatTime(at)}  ${formatReport(report, output)}`)
}
