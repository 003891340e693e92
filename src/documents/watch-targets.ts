import { randomUUID } from 'node:crypto'
import { access, constants } from 'node:fs/promises'
import { CairnError } from '../errors.js'
import type { Storage } from '../storage/storage.js'
import { reasonOf } from './file-errors.js'
import { findFolders, unreadable } from './sync-folders.js'

/** What has become of the folders of a watcher. */
export interface Gathered {
  /** Those that this watcher has: each by the path that it was named by, and by its real one. */
  held: WatchTarget[]
  /** Those that another process watches. */
  others: string[]
  /** Those that are not there, or may not be read. */
  failures: CairnError[]
}

export interface WatchTarget {
  path: string
  real: string
}

interface Context {
  storage: Pick<Storage, 'leases'>
  namespace: string
  paths: string[]
  now: () => number
}

export const leaseMillis = 10_000

/** The folders of a watcher, one by one: what one of them lacks keeps none of the others from being watched. */
export class WatchTargets {
  readonly #context: Context
  readonly #holder = `${process.pid}:${randomUUID()}`
  #held: WatchTarget[] = []

  constructor(context: Context) {
    this.#context = context
  }

  async gather(): Promise<Gathered> {
    const gathered: Gathered = { held: [], others: [], failures: [] }
    for (const path of this.#context.paths) {
      const target = await find(path)
      if (target instanceof CairnError) gathered.failures.push(target)
      else if (await this.#take(target)) gathered.held.push(target)
      else gathered.others.push(path)
    }
    const [before, { held }] = [this.#held, gathered]
    this.#held = held
    await this.#release(before.filter(({ real }) => !held.some((target) => target.real === real)))
    return gathered
  }

  /** Whether all of those that it has are still its own. */
  async prolong(): Promise<boolean> {
    const kept = await Promise.all(this.#held.map((target) => this.#take(target)))
    return kept.every(Boolean)
  }

  /** Whether one can be had now that could not before. */
  async hasMore(): Promise<boolean> {
    for (const path of this.#context.paths) {
      if (this.#held.some((target) => target.path === path)) continue
      const target = await find(path)
      if (!(target instanceof CairnError) && (await this.#take(target))) return true
    }
    return false
  }

  async release(): Promise<void> {
    const held = this.#held
    this.#held = []
    await this.#release(held)
  }

  #take(target: WatchTarget): Promise<boolean> {
    const now = this.#context.now()
    const lease = { name: this.#nameOf(target), holder: this.#holder, now, until: now + leaseMillis }
    return this.#context.storage.leases.take(lease)
  }

  async #release(targets: WatchTarget[]): Promise<void> {
    const { leases } = this.#context.storage
    const released = targets.map((target) => leases.release({ name: this.#nameOf(target), holder: this.#holder }))
    await Promise.allSettled(released)
  }

  #nameOf({ real }: WatchTarget): string {
    return `documents.watch:${this.#context.namespace}:${real}`
  }
}

async function find(path: string): Promise<WatchTarget | CairnError> {
  try {
    const [folder] = await findFolders([path])
    const real = folder?.path ?? path
    await access(real, constants.R_OK | constants.X_OK)
    return { path, real }
  } catch (error) {
    return error instanceof CairnError ? error : unreadable(path, reasonOf(error))
  }
}
