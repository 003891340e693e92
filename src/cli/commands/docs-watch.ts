import { resolve } from 'node:path'
import type { CairnError, FolderWatcher, ModelNews, SyncReport } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { textInCommandLineWords } from '../command-line-words.js'
import { formatTime } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { fromHere } from '../named-files.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { wholeNumber } from '../values.js'
import { addFolders, formatReport, type SyncFlags, SyncTeller } from './docs-sync.js'

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
    .action((folders: string[], flags: WatchFlags, command: CairnCommand) => {
      let tell: (news: ModelNews) => void = () => undefined
      const background = { background: 'existing', onModel: (news: ModelNews) => tell(news) } as const
      return onStore({ command, io, threads: true, ...background }, async ({ cairn, output }) => {
        const stopped = io.untilStopped?.()
        const progress = new SyncTeller(io, output)
        const note = (text: string): void => {
          progress.end()
          output.note(output.wrapped(`${formatTime(new Date().toISOString())}  ${oneLine(text)}`))
        }
        tell = (news) => note(inWords(news))
        const watcher = await cairn.documents.watch(
          folders.map((folder) => resolve(io.cwd, folder)),
          { ...flags, onProgress: progress.tell },
        )
        listen(watcher, { output, note, cwd: io.cwd, end: () => progress.end() })
        await stopped
        await watcher.close()
        progress.end()
      })
    })
}

interface Listener {
  output: Output
  note: (text: string) => void
  cwd: string
  /** Ends the bar. */
  end: () => void
}

function listen(watcher: FolderWatcher, { output, note, cwd, end }: Listener): void {
  let news = new News()
  let told = ''
  const named = (folders: string[]): string => folders.map((folder) => fromHere(cwd, folder)).join(', ')
  watcher.on('standby', (folders) => {
    told = ''
    note(`Another process watches ${named(folders)}; waiting for its end.`)
  })
  watcher.on('watching', (folders) => {
    const text = `Watching ${named(folders)}. Ctrl-C ends it.`
    if (text !== told) note(text)
    told = text
  })
  watcher.on('failure', (error) => {
    end()
    output.error(error, new Date().toISOString())
  })
  watcher.on('back', (failure) => {
    note(recovery(failure))
    news = new News()
  })
  watcher.on('sync', (report) => {
    end()
    const fresh = news.of(report)
    if (fresh) show(report, fresh, { output, cwd })
  })
}

function recovery({ code, details }: CairnError): string {
  const folder = details?.folder === undefined ? 'The folder' : `The folder ${details.folder}`
  return code === 'not_found' ? `${folder} is back.` : `${folder} can be synced again.`
}

function inWords(news: ModelNews): string {
  if (news.what === 'back') return 'The embedding model is back.'
  if (news.what === 'changed') return `The store has changed over to ${news.space}, and so does this watch.`
  const what = news.what === 'away' ? 'The embedding model gives no vectors' : 'Nothing is embedded here'
  return textInCommandLineWords(`${what}: ${news.reason} ${news.hint ?? ''}`.trimEnd())
}

/** What is new in a report: a file that is skipped is told once, not with each sync, until something breaks that off. */
class News {
  #told: Set<string> | undefined

  /** Without what was told; undefined when nothing is left. The first report is news, whatever it says. */
  of(report: SyncReport): SyncReport | undefined {
    const told = this.#told
    const { added, changed, moved, removed } = report
    this.#told = new Set([...report.skipped, ...report.warnings].map(nameOf))
    const isNew = (file: SyncReport['skipped'][number]): boolean => !told?.has(nameOf(file))
    const [skipped, warnings] = [report.skipped.filter(isNew), report.warnings.filter(isNew)]
    const isNews = told === undefined || added + changed + moved + removed + skipped.length + warnings.length > 0
    return isNews ? { ...report, skipped, warnings } : undefined
  }
}

function nameOf({ path, reason }: SyncReport['skipped'][number]): string {
  return JSON.stringify([path, reason])
}

/** With --json one document on one line for each sync, as programs read a stream: the whole report. */
function show(report: SyncReport, fresh: SyncReport, { output, cwd }: { output: Output; cwd: string }): void {
  const at = new Date().toISOString()
  output.line({ at, ...report }, () => `${formatTime(at)}  ${formatReport(fresh, output, cwd)}`)
}
