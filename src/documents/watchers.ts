import { closedStore } from '../errors.js'
import { FolderWatcher, type WatchContext } from './folder-watcher.js'

/** The watchers of a store, which end with it. */
export class Watchers {
  readonly #open = new Set<FolderWatcher>()
  #closed = false

  add(context: WatchContext): FolderWatcher {
    if (this.#closed) throw closedStore()
    const watcher = new FolderWatcher(context)
    this.#open.add(watcher)
    void watcher.done.then(() => this.#open.delete(watcher))
    return watcher
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#open].map((watcher) => watcher.close()))
  }
}
