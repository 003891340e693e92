import type { IndexedFile } from '../storage/document-store.js'
import { isSurelySame } from './file-stamp.js'
import type { FoundFile } from './walk-folder.js'

/** A file as the index knows it, at its path in the folder that is synced. */
export interface KnownFile extends IndexedFile {
  /** Where it is on disk. */
  file: string
  /** Whether it belongs to a folder that has become a part of this one. */
  adopted: boolean
}

export interface SyncPlan {
  unchanged: number
  toRead: { found: FoundFile; known?: KnownFile }[]
  /** Known, and not found. */
  missing: KnownFile[]
}

/** What has to be looked at more closely. */
export function planSync(found: FoundFile[], known: KnownFile[]): SyncPlan {
  const byPath = new Map(known.map((file) => [file.path, file]))
  const plan: SyncPlan = { unchanged: 0, toRead: [], missing: [] }
  for (const file of found) {
    const before = byPath.get(file.path)
    byPath.delete(file.path)
    if (before === undefined) plan.toRead.push({ found: file })
    // A file that failed may have been made readable, which no time of its own tells.
    else if (!before.adopted && before.status === 'synced' && isSurelySame(before, file)) plan.unchanged++
    else plan.toRead.push({ found: file, known: before })
  }
  plan.missing = [...byPath.values()]
  return plan
}

/** Files that are gone, by what was in them: where else that turns up, they were moved to. */
export class GoneFiles {
  readonly #bySha256 = new Map<string, KnownFile[]>()
  readonly #names = new Set<string>()

  add(file: KnownFile): void {
    this.#names.add(nameOf(file.path))
    const same = this.#bySha256.get(file.sha256)
    if (same) same.push(file)
    else this.#bySha256.set(file.sha256, [file])
  }

  /** Whether one of them had the name of a file. */
  hasName(path: string): boolean {
    return this.#names.has(nameOf(path))
  }

  /** One that has become a file at `path`, at best one of the same name. It is not gone then. */
  take(sha256: string, path: string): KnownFile | undefined {
    const same = this.#bySha256.get(sha256) ?? []
    const name = nameOf(path)
    const index = same.findIndex((file) => nameOf(file.path) === name)
    return same.splice(Math.max(0, index), 1)[0]
  }

  get rest(): KnownFile[] {
    return [...this.#bySha256.values()].flat()
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
