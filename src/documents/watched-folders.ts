import { statSync } from 'node:fs'
import { identityOf } from './file-stamp.js'

/** Which folders are watched: the system watches a folder, and not whatever comes to be in its place. */
export class WatchedFolders {
  readonly #identities = new Map<string, string>()

  /** As it was first: that one is watched. */
  add(path: string): void {
    const identity = identityAt(path)
    if (identity !== undefined && !this.#identities.has(path)) this.#identities.set(path, identity)
  }

  /** Whether another folder is in the place of one. Those that are gone are forgotten. */
  haveAnother(): boolean {
    for (const [path, identity] of this.#identities) {
      const found = identityAt(path)
      if (found === undefined) this.#identities.delete(path)
      else if (found !== identity) return true
    }
    return false
  }
}

function identityAt(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats && identityOf(stats)
}
