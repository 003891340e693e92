import { resolve } from 'node:path'
import type { SyncProgress, SyncReport } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { nameFiles } from '../named-files.js'
import type { Output } from '../output.js'
import { Progress } from '../progress.js'
import { onStore } from '../store.js'
import { collected, collectedFolders } from '../values.js'
import { embedIfThereIsASpace } from './embeddings-work.js'

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
      onStore({ command, io, threads: true }, async ({ cairn, output, as }) => {
        const progress = new SyncTeller(io, output)
        try {
          const paths = folders.map((folder) => resolve(io.cwd, folder))
          const report = await cairn.documents.sync(paths, { ...flags, onProgress: progress.tell })
          progress.end()
          output.show(report, () => formatReport(report, output, io.cwd))
          // Only root may embed, and what nobody asked for is not to be refused on the trail.
          if (as === undefined) await embedIfThereIsASpace(cairn, output, io)
        } finally {
          progress.end()
        }
      }),
    )
}

export function addFolders(command: CairnCommand): CairnCommand {
  return command
    .argument('<folder...>', 'the folders', collectedFolders)
    .option('--namespace <namespace>', 'where the documents go; default project:default, or the project of --as')
    .option('--include <glob>', 'only files that match, such as guide/**; may be repeated', collected)
    .option('--exclude <glob>', 'no files that match, such as drafts/**; may be repeated', collected)
}

/** How far a sync is, for people: a bar, and a word when it has to wait. */
export class SyncTeller {
  readonly #io: Io
  readonly #output: Output
  #progress: Progress | undefined
  #told = false

  constructor(io: Io, output: Output) {
    this.#io = io
    this.#output = output
  }

  readonly tell = ({ phase, done, total }: SyncProgress): void => {
    if (phase === 'waiting' && !this.#told) this.#output.note('Another process syncs this folder; waiting for it.')
    this.#told ||= phase === 'waiting'
    this.#progress ??= new Progress(this.#io)
    if (phase !== 'indexing') return
    this.#progress.update(done / total, `${done.toLocaleString('en')} of ${count(total, 'file')}`)
  }

  /** The next sync has a bar of its own. */
  end(): void {
    this.#progress?.end()
    this.#progress = undefined
    this.#told = false
  }
}

const counts = ['added', 'changed', 'moved', 'removed', 'unchanged'] as const

export function formatReport(report: SyncReport, output: Output, cwd: string): string {
  const { skipped, warnings } = report
  const numbers = [...counts.map((name) => [name, report[name]] as const), ['skipped', skipped.length] as const]
  const parts = numbers.flatMap(([name, number]) => (number > 0 ? [`${number.toLocaleString('en')} ${name}`] : []))
  const summary = `${parts.join(', ') || 'no documents'} in ${(report.tookMs / 1000).toFixed(1)} s`
  const kinds = [
    { what: 'skipped', such: 'skipped', files: skipped },
    { what: 'warning', such: 'with warnings', files: warnings },
  ]
  const named = nameFiles(kinds, { output, cwd, whole: '--json names all' })
  return named === '' ? summary : `${summary}\n\n${named}`
}
