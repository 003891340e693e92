import { CairnError } from '../../errors.js'
import type { ExportScope } from '../../ops/interchange.js'
import type { ExportSnapshot } from '../interchange-store.js'
import { translate } from './driver-errors.js'
import { SnapshotReader } from './snapshot-reader.js'
import type { StoreFile } from './store-file.js'
import { ThreadClient } from './thread-client.js'

const inlineBusyTimeoutMs = 5000

/**
 * The exports of a store that are under way. Each has a connection of its own, in a thread of its own where there are
 * threads: searches need not wait for one that takes minutes.
 */
export class Snapshots {
  readonly #file: StoreFile
  readonly #threads: boolean
  readonly #open = new Set<ExportSnapshot>()

  constructor(file: StoreFile, threads: boolean) {
    this.#file = file
    this.#threads = threads
  }

  async open(scope: ExportScope): Promise<ExportSnapshot> {
    const opened = this.#threads ? await openInThread(this.#file, scope) : openHere(this.#file, scope)
    let isOpen = true
    const snapshot: ExportSnapshot = {
      next: async () => {
        if (!isOpen) throw ended()
        return opened.next()
      },
      close: async () => {
        isOpen = false
        this.#open.delete(snapshot)
        await opened.close()
      },
    }
    this.#open.add(snapshot)
    return snapshot
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open, (snapshot) => snapshot.close()))
  }
}

async function openInThread(file: StoreFile, scope: ExportScope): Promise<ExportSnapshot> {
  const thread = new ThreadClient({ role: 'snapshot', file })
  try {
    await thread.call('open', scope)
  } catch (error) {
    await thread.close()
    throw error
  }
  return {
    next: async () => (await thread.call('next', undefined)) as string[] | undefined,
    close: () => thread.close(),
  }
}

function openHere(file: StoreFile, scope: ExportScope): ExportSnapshot {
  const reader = new SnapshotReader(file, inlineBusyTimeoutMs)
  const attempt = <T>(read: () => T): T => {
    try {
      return read()
    } catch (error) {
      throw translate(error, file.path)
    }
  }
  try {
    attempt(() => reader.open(scope))
  } catch (error) {
    reader.close()
    throw error
  }
  return { next: async () => attempt(() => reader.next()), close: async () => reader.close() }
}

function ended(): CairnError {
  return new CairnError('closed', 'The store was closed before the export was through.', { hint: 'Export again.' })
}
