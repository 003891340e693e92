import { stat } from 'node:fs/promises'
import { identityOf } from './file-stamp.js'

/** Which folders are watched: the system watches a folder, and not whatever comes to be in its place. */
export class WatchedFolders {
  readonly #identities = new Map<string, string>()

  /** As it was first: that one is watched. */
  async add(path: string): Promise<void> {
    const identity = await identityAt(path)
    if (identity !== undefined && !this.#identities.has(path)) this.#identities.set(path, identity)
  }

  /** Whether another folder is in the place of one. Those that are gone are forgotten. */
  async haveAnother(): Promise<boolean> {
    for (const [path, identity] of this.#identities) {
      const found = await identityAt(path)
      if (found === undefined) this.#identities.delete(path)
      else if (found !== identity) return true
    }
    return false
  }
}

/** Undefined also where it may not be looked at, of which the sync tells. */
function identityAt(path: string): Promise<string | undefined> {
  return stat(path, { bigint: true }).then(identityOf, () => undefined)
}
