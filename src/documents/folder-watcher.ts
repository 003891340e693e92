import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CairnError } from '../errors.js'
import type { Storage } from '../storage/storage.js'
import { Debounce } from './debounce.js'
import { reasonOf } from './file-errors.js'
import { isHidden } from './hidden-files.js'
import { findFolders, isInside } from './sync-folders.js'
import type { SyncReport } from './sync-report.js'
import { WatchedFolders } from './watched-folders.js'

export interface WatchContext {
  storage: Storage
  namespace: string
  paths: string[]
  now: () => number
  debounceMs: number
  scanMs: number
  /** Syncs all of the folders. */
  sync: (signal: AbortSignal) => Promise<SyncReport>
}

/** What a watcher tells. `failure` is no end: it goes on trying, and the next `sync` says that it works again. */
export interface WatchEvents {
  /** It watches now; changes from here on are found by themselves. */
  watching: []
  /** Another process watches one of the folders. This one takes over when that one ends. */
  standby: []
  sync: [report: SyncReport]
  failure: [error: CairnError]
}

const leaseMillis = 10_000
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
  readonly #holder = `${process.pid}:${randomUUID()}`
  readonly #closing = new AbortController()
  #leases: string[] = []
  /** When it has ended. */
  readonly done: Promise<void>

  constructor(context: WatchContext) {
    super()
    this.#context = context
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
        if (await this.#hold()) await this.#watch()
      } catch (error) {
        this.#fail(error)
      } finally {
        await this.#release()
      }
      await this.#pause(retryMillis)
    }
  }

  readonly #failures = new Set<string>()

  /** The same reason is told once until a sync succeeds, however often it is met. */
  #fail(error: unknown): void {
    if (this.#closed) return
    const failure = error instanceof CairnError ? error : new CairnError('internal', String(error), { cause: error })
    if (this.#failures.has(failure.message)) return
    this.#failures.add(failure.message)
    this.emit('failure', failure)
  }

  /** Waits to be the one that watches. */
  async #hold(): Promise<boolean> {
    const folders = await findFolders(this.#context.paths)
    this.#leases = folders.map(({ path }) => `documents.watch:${this.#context.namespace}:${path}`)
    for (let told = false; !this.#closed; told = true) {
      if (await this.#take()) return true
      if (!told) this.emit('standby')
      await this.#pause(retryMillis)
    }
    return false
  }

  async #take(): Promise<boolean> {
    const { storage, now } = this.#context
    for (const name of this.#leases) {
      const time = now()
      const taken = await storage.leases.take({ name, holder: this.#holder, now: time, until: time + leaseMillis })
      if (!taken) return false
    }
    return true
  }

  async #release(): Promise<void> {
    const { leases } = this.#context.storage
    const released = this.#leases.map((name) => leases.release({ name, holder: this.#holder }))
    await Promise.allSettled(released)
  }

  /** Until it is closed, the lease or a folder is lost, or a folder cannot be synced. */
  async #watch(): Promise<void> {
    const { debounceMs, scanMs } = this.#context
    const changes = new Debounce(debounceMs, debounceMs * longestDebounce)
    let lost = false
    const lose = (): void => {
      lost = true
      changes.touch()
    }
    const prolong = async (): Promise<void> => {
      if (!(await this.#take())) lose()
    }
    const every = (millis: number): NodeJS.Timeout => setInterval(() => changes.touch(), millis)
    let scan: NodeJS.Timeout | undefined
    let lease: NodeJS.Timeout | undefined
    let events: Listening | undefined
    // All of it inside: a timer that is left behind keeps the process alive.
    try {
      scan = every(scanMs)
      lease = setInterval(() => void prolong().catch((error) => this.#fail(error)), leaseMillis / 4)
      const blind = (): void => {
        clearInterval(scan)
        scan = every(Math.min(scanMs, blindScanMillis))
      }
      events = await this.#listen({ change: () => changes.touch(), gone: lose, blind })
      await this.#sync()
      this.emit('watching')
      while (!lost && (await changes.next(this.#closing.signal))) {
        if (lost) break
        await this.#sync()
        // Of a folder in the place of one that was watched nothing more would be heard.
        if (await events.folders.haveAnother()) break
      }
    } finally {
      clearInterval(scan)
      clearInterval(lease)
      changes.end()
      await events?.close()
    }
  }

  /** The watcher is there before the first sync, so that nothing can change unseen between the two. */
  async #listen(tell: Record<'change' | 'gone' | 'blind', () => void>): Promise<Listening> {
    const { watch } = await import('chokidar')
    const folders = await findFolders(this.#context.paths)
    const roots = new Set(folders.map(({ path }) => path))
    const watcher = watch([...roots], {
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (path) => !roots.has(path) && isHidden(basename(path)) && basename(path) !== '.gitignore',
    })
    const watched = new WatchedFolders()
    watcher.on('addDir', (path) => void watched.add(path))
    watcher.on('all', tell.change)
    // What takes its place is another folder, which has to be watched anew.
    watcher.on('unlinkDir', (path) => roots.has(path) && tell.gone())
    watcher.on('error', (error) => {
      this.#fail(unwatchable(error))
      tell.blind()
    })
    await once(watcher, 'ready', { signal: this.#closing.signal }).catch(() => undefined)
    // The parents of the roots are watched for them alone.
    const isOwn = (path: string): boolean => roots.has(path) || [...roots].some((root) => isInside(path, root))
    for (const path of Object.keys(watcher.getWatched()).filter(isOwn)) await watched.add(path)
    return { folders: watched, close: () => watcher.close() }
  }

  async #sync(): Promise<void> {
    const report = await this.#context.sync(this.#closing.signal)
    this.#failures.clear()
    this.emit('sync', report)
  }

  async #pause(millis: number): Promise<void> {
    await sleep(millis, undefined, { signal: this.#closing.signal }).catch(() => undefined)
  }
}

interface Listening {
  folders: WatchedFolders
  close(): Promise<void>
}

/** Such as a folder that may not be looked into, or too many files to watch. */
function unwatchable(error: unknown): CairnError {
  return new CairnError('internal', `Some changes are not told of by the system: ${reasonOf(error)}.`, {
    hint: `They are found within ${blindScanMillis / 1_000} seconds.`,
    cause: error,
  })
}
