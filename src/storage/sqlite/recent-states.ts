import type { Database } from 'better-sqlite3'

/** What tells the state of a checkpoint from any other that the same task had at the same iteration. */
export interface StateStamp {
  iteration: number
  checksum: number | null
  bytes: number
  createdAt: number
}

interface RecentState extends StateStamp {
  state: Buffer
}

const maxBytes = 32_000_000

/**
 * The last state of each task that this connection stored: the next one builds on it. It only ever saves reading: a state
 * is used when its stamp is that of the row, so what other processes wrote and what was rolled back does no harm.
 */
class RecentStates {
  /** Least recently used first. */
  readonly #states = new Map<string, RecentState>()
  #bytes = 0

  find(task: string, stamp: StateStamp): Buffer | undefined {
    const found = this.#states.get(task)
    if (found === undefined || stamp.checksum === null) return undefined
    const fields = ['iteration', 'checksum', 'bytes', 'createdAt'] as const
    return fields.every((field) => found[field] === stamp[field]) ? found.state : undefined
  }

  keep(task: string, recent: RecentState): void {
    this.#drop(task)
    this.#states.set(task, recent)
    this.#bytes += recent.state.length
    for (const [oldest] of this.#states) {
      if (this.#bytes <= maxBytes) return
      this.#drop(oldest)
    }
  }

  #drop(task: string): void {
    this.#bytes -= this.#states.get(task)?.state.length ?? 0
    this.#states.delete(task)
  }
}

const byConnection = new WeakMap<Database, RecentStates>()

export function recentStates(db: Database): RecentStates {
  const states = byConnection.get(db) ?? new RecentStates()
  byConnection.set(db, states)
  return states
}
