import { resolve } from 'node:path'
import type { SyncProgress, SyncReport } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { Progress } from '../progress.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { collected } from '../values.js'

export interface SyncFlags {
  namespace?: string
  include?: string[]
  exclude?: string[]
}

export function addDocsSync(docs: CairnCommand, io: Io): void {
  const sync = docs
    .command('sync')
    .description('Make the index what some folders are: files that are new, changed, moved or gone.')
  addFolders(sync)
    .addHelpText('after', examples('cairn docs sync docs', `cairn docs sync docs notes --exclude 'drafts/**' --json`))
    .action((folders: string[], flags: SyncFlags, command: CairnCommand) =>
      onStore({ command, io, threads: true }, async ({ cairn, output }) => {
        const progress = new Progress(io)
        try {
          const paths = folders.map((folder) => resolve(io.cwd, folder))
          const report = await cairn.documents.sync(paths, { ...flags, onProgress: tell(progress, output) })
          progress.end()
          output.show(report, () => formatReport(report, output))
        } finally {
          progress.end()
        }
      }),
    )
}

export function addFolders(command: CairnCommand): CairnCommand {
  return command
    .argument('<folder...>', 'the folders')
    .option('--namespace <namespace>', 'where the documents go; default project:default, or the project of --as')
    .option('--include <glob>', 'only files that match, such as guide/**; may be repeated', collected)
    .option('--exclude <glob>', 'no files that match, such as drafts/**; may be repeated', collected)
}

function tell(progress: Progress, output: Output): (progress: SyncProgress) => void {
  let told = false
  return ({ phase, done, total }) => {
    if (phase === 'waiting' && !told) output.note('Another process syncs this folder; waiting for it.')
    told ||= phase === 'waiting'
    if (phase === 'indexing') progress.update(done / total, `${done.toLocaleString('en')} of ${count(total, 'file')}`)
  }
}

export function formatReport(report: SyncReport, output: Output): string {
  const { skipped, warnings } = report
  const parts = (['added', 'changed', 'moved', 'removed', 'unchanged'] as const).map((name) => {
    return `${report[name].toLocaleString('en')} ${name}`
  })
  const summary = `${parts.join(', ')} in ${(report.tookMs / 1000).toFixed(1)} s`
  const named = [
    ...skipped.map((file) => ({ what: 'skipped', ...file })),
    ...warnings.map((file) => ({ what: 'warning', ...file })),
  ]
  if (named.length === 0) return summary
  const columns = [
    { title: '', cell: ({ what }: (typeof named)[number]) => what },
    { title: 'path', cell: ({ path }: (typeof named)[number]) => path },
    { title: 'why', cell: ({ reason }: (typeof named)[number]) => reason },
  ]
  const inLines = ({ what, path, reason }: (typeof named)[number]): string => oneLine(`${what} ${path}: ${reason}`)
  return `${summary}\n\n${output.table(named, columns, inLines)}`
}
