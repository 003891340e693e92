import { EventEmitter } from 'node:events'
import { watch as watchFolder } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CairnError } from '../errors.js'
import type { Storage } from '../storage/storage.js'
import { Debounce } from './debounce.js'
import { reasonOf } from './file-errors.js'
import { isHidden } from './hidden-files.js'
import { isInside } from './inside.js'
import { repositoryAbove } from './repository-above.js'
import type { SyncReport } from './sync-report.js'
import { Timers } from './timers.js'
import { Troubles } from './troubles.js'
import { leaseMillis, type WatchTarget, WatchTargets } from './watch-targets.js'
import { WatchedFolders } from './watched-folders.js'

export interface WatchContext {
  storage: Storage
  namespace: string
  paths: string[]
  now: () => number
  debounceMs: number
  scanMs: number
  /** Syncs some of the folders. */
  sync: (folders: string[], signal: AbortSignal) => Promise<SyncReport>
}

/**
 * What a watcher tells; folders are named by the paths that it was given. `failure` is no end: it goes on trying, and
 * watches what it can meanwhile.
 */
export interface WatchEvents {
  /** It watches these now; changes from here on are found by themselves. */
  watching: [folders: string[]]
  /** Another process watches these. This one takes over when that one ends. */
  standby: [folders: string[]]
  sync: [report: SyncReport]
  failure: [error: CairnError]
  /** A folder that `failure` was about (`details.folder`) can be synced again, and is in the `sync` that follows. */
  back: [failure: CairnError]
}

const retryMillis = 1_000
/** How often a folder is looked at of which some events do not arrive. */
const blindScanMillis = 30_000
/** However fast changes follow each other, they are looked at after so many times the debounce. */
const longestDebounce = 20

/**
 * Keeps the index of some folders as they are, until it is closed: after each change, at the start for what changed while
 * nothing ran, and now and then for changes that no event has told of.
 */
export class FolderWatcher extends EventEmitter<WatchEvents> {
  readonly #context: WatchContext
  readonly #targets: WatchTargets
  readonly #troubles = new Troubles()
  readonly #closing = new AbortController()
  /** When it has ended. */
  readonly done: Promise<void>

  constructor(context: WatchContext) {
    super()
    this.#context = context
    this.#targets = new WatchTargets(context)
    this.done = this.#run()
  }

  /** Ends after the file that is being stored. A second call is harmless. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.done
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  async #run(): Promise<void> {
    // Who is told of what happens at once has to listen first.
    await this.#pause(0)
    while (!this.#closed) {
      try {
        const targets = await this.#gather()
        if (targets.length > 0) await this.#watch(targets)
      } catch (error) {
        this.#fail(error)
        await this.#targets.release()
      }
      await this.#pause(retryMillis)
    }
    await this.#targets.release()
  }

  #othersTold = ''

  async #gather(): Promise<WatchTarget[]> {
    const { held, others, failures } = await this.#targets.gather()
    for (const failure of failures) this.#fail(failure)
    const told = others.join('\n')
    if (others.length > 0 && told !== this.#othersTold) this.emit('standby', others)
    this.#othersTold = told
    return held
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    const failure = error instanceof CairnError ? error : new CairnError('internal', String(error), { cause: error })
    if (this.#troubles.add(failure)) this.emit('failure', failure)
  }

  /** Until it is closed, a lease or a folder is lost, another one can be had, or a folder cannot be synced. */
  async #watch(targets: WatchTarget[]): Promise<void> {
    const { debounceMs, scanMs, paths } = this.#context
    const changes = new Debounce(debounceMs, debounceMs * longestDebounce)
    const timers = new Timers((error) => this.#fail(error))
    const touch = (): void => changes.touch()
    let isOver = false
    const end = (): void => {
      isOver = true
      touch()
    }
    let events: Listening | undefined
    // All of it inside: a timer that is left behind keeps the process alive.
    try {
      const stopScan = timers.every(scanMs, touch)
      const blind = (): void => {
        stopScan()
        timers.every(Math.min(scanMs, blindScanMillis), touch)
      }
      timers.every(leaseMillis / 4, async () => (await this.#targets.prolong()) || end())
      if (targets.length < paths.length) timers.every(retryMillis, async () => (await this.#targets.hasMore()) && end())
      events = await this.#listen(targets, { change: touch, gone: end, blind })
      const { folders } = events
      // Of a rename into its place the system may tell nothing.
      timers.every(blindScanMillis, async () => (await folders.haveAnother()) && end())
      await this.#sync(targets)
      const watched = targets.map(({ path }) => path)
      this.emit('watching', watched)
      while (!isOver && (await changes.next(this.#closing.signal))) {
        if (isOver) break
        await this.#sync(targets)
        // Of a folder in the place of one that was watched nothing more would be heard.
        if (await folders.haveAnother()) break
      }
    } finally {
      timers.end()
      changes.end()
      await events?.close()
    }
  }

  /** The watcher is there before the first sync, so that nothing can change unseen between the two. */
  async #listen(targets: WatchTarget[], tell: Record<'change' | 'gone' | 'blind', () => void>): Promise<Listening> {
    const { watch } = await import('chokidar')
    const roots = new Set(targets.map(({ real }) => real))
    const isOwn = (path: string): boolean => roots.has(path) || [...roots].some((root) => isInside(path, root))
    const watcher = watch([...roots], {
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (path) => !roots.has(path) && isHidden(basename(path)) && basename(path) !== '.gitignore',
    })
    const watched = new WatchedFolders()
    watcher.on('addDir', (path) => void (isOwn(path) && watched.add(path)))
    watcher.on('all', tell.change)
    // What takes its place is another folder, which has to be watched anew.
    watcher.on('unlinkDir', (path) => roots.has(path) && tell.gone())
    const onError = (error: unknown): void => {
      this.#fail(unwatchable(error))
      tell.blind()
    }
    watcher.on('error', onError)
    await this.#untilReady(watcher)
    // What is above the roots is watched for them alone.
    for (const path of Object.keys(watcher.getWatched()).filter(isOwn)) await watched.add(path)
    const above = new Set([...roots].flatMap(repositoryAbove))
    const rules = [...above].map((folder) => watchRules(folder, tell.change, onError))
    return { folders: watched, close: () => Promise.all([watcher.close(), ...rules.map((each) => each.close())]) }
  }

  /** `once` of node:events would end with an error, of which there may be several before. */
  async #untilReady(watcher: EventEmitter): Promise<void> {
    const { signal } = this.#closing
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        resolve()
      }
      watcher.once('ready', done)
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })
  }

  async #sync(targets: WatchTarget[]): Promise<void> {
    const folders = targets.map(({ real }) => real)
    const report = await this.#context.sync(folders, this.#closing.signal)
    const over = this.#troubles.end(targets.flatMap(({ path, real }) => [path, real]))
    for (const failure of over) this.emit('back', failure)
    this.emit('sync', report)
  }

  async #pause(millis: number): Promise<void> {
    await sleep(millis, undefined, { signal: this.#closing.signal }).catch(() => undefined)
  }
}

interface Listening {
  folders: WatchedFolders
  close(): Promise<unknown>
}

/** Of a folder above those that are watched only its rules matter; chokidar loses a file that was not there at first. */
function watchRules(folder: string, change: () => void, onError: (error: unknown) => void): { close(): void } {
  try {
    const watcher = watchFolder(folder, { persistent: false }, (_, name) => name === '.gitignore' && change())
    return watcher.on('error', onError)
  } catch (error) {
    onError(error)
    return { close: () => undefined }
  }
}

/** Such as a folder that may not be looked into, or too many files to watch. */
function unwatchable(error: unknown): CairnError {
  return new CairnError('internal', `Some changes are not told of by the system: ${reasonOf(error)}.`, {
    hint: `They are found within ${blindScanMillis / 1_000} seconds.`,
    cause: error,
  })
}
