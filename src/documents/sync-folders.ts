import { lstat, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CairnError } from '../errors.js'
import type { ClaimedFolders, SkippedFiles, StoredFolder } from '../storage/document-store.js'
import type { Storage } from '../storage/storage.js'
import { isMissing, reasonOf, type SkippedFile } from './file-errors.js'
import { identityOf } from './file-stamp.js'
import { isInside } from './inside.js'

/** A folder on disk, by its real path. */
export interface DiskFolder {
  path: string
  identity: string
}

/** A folder that is synced, and what the index has of it. */
export interface SyncTarget extends DiskFolder {
  folder: StoredFolder
  /** Where it is in `folder`; empty when it is that. */
  under: string
  inner: StoredFolder[]
}

/** The folders of some paths, without those inside of others. `not_found` or `invalid_input` for what is none. */
export async function findFolders(paths: string[]): Promise<DiskFolder[]> {
  const folders: DiskFolder[] = []
  for (const path of paths) folders.push(await findFolder(resolve(path)))
  const unique = folders.filter(({ path }, index) => folders.findIndex((other) => other.path === path) === index)
  return unique
    .filter(({ path }) => !unique.some((outer) => isInside(path, outer.path)))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function findFolder(path: string): Promise<DiskFolder> {
  try {
    const real = await realpath(path)
    const stats = await stat(real, { bigint: true })
    if (stats.isDirectory()) return { path: real, identity: identityOf(stats) }
  } catch (error) {
    throw isMissing(error) ? noFolder(path) : unreadable(path, reasonOf(error))
  }
  throw new CairnError('invalid_input', `${path} is not a folder.`, { hint: 'Name the folder that it is in.' })
}

/** Rejects when a folder is not the one any more that it was. */
export async function assertSameFolder({ path, identity }: DiskFolder): Promise<void> {
  try {
    const stats = await lstat(path, { bigint: true })
    if (stats.isDirectory() && identityOf(stats) === identity) return
  } catch (error) {
    if (!isMissing(error)) throw unreadable(path, reasonOf(error))
  }
  throw new CairnError('not_found', `The folder ${path} vanished while it was synced.`, {
    hint: 'Nothing was removed from the index. Sync again when it is back.',
    details: { folder: path },
  })
}

function noFolder(path: string): CairnError {
  return new CairnError('not_found', `There is no folder ${path}.`, {
    hint: `What is indexed of it stays. If it is gone for good, remove it from the index: cairn docs remove "${path}".`,
    details: { folder: path },
  })
}

export function unreadable(path: string, reason: string): CairnError {
  return new CairnError('invalid_input', `The folder ${path} cannot be read: ${reason}.`, {
    hint: 'What is indexed of it stays. Give this user the right to read it, and sync again.',
    details: { folder: path },
  })
}

export interface Claim {
  storage: Storage
  namespace: string
  holder: string
  now: () => number
  newId: () => string
  signal?: AbortSignal | undefined
  onWait: () => void
}

/** How long a lease lasts unless it is prolonged: as long as others wait for a process that has died. */
const leaseMillis = 10_000
const pollMillis = 100

/** Waits until nobody else syncs the folder. */
export async function claimFolder(disk: DiskFolder, claim: Claim): Promise<SyncTarget> {
  const { namespace, holder, signal } = claim
  for (;;) {
    const now = claim.now()
    const claimed = await claim.storage.documents.claimFolder({
      ...{ id: claim.newId(), namespace, root: disk.path, identity: disk.identity, holder, now },
      until: now + leaseMillis,
    })
    if (!('heldBy' in claimed)) return toTarget(disk, claimed)
    claim.onWait()
    await sleep(pollMillis, undefined, { signal }).catch(() => undefined)
    throwIfCancelled(signal)
  }
}

function toTarget(disk: DiskFolder, { folder, inner }: ClaimedFolders): SyncTarget {
  const under = disk.path === folder.root ? '' : disk.path.slice(join(folder.root, '/').length)
  return { ...disk, folder, under, inner }
}

/**
 * Keeps the leases of folders, also of those that come later, until it is stopped. `lost` says whether another process has
 * taken one over.
 */
export function keepClaims(targets: SyncTarget[], claim: Claim): { stop: () => void; lost: () => boolean } {
  let [lost, stopped] = [false, false]
  const prolong = async (): Promise<void> => {
    for (const { path, identity } of targets) {
      if (stopped) return
      const now = claim.now()
      const claimed = await claim.storage.documents.claimFolder({
        ...{ id: claim.newId(), namespace: claim.namespace, root: path, identity, holder: claim.holder, now },
        until: now + leaseMillis,
      })
      if ('heldBy' in claimed) lost = true
    }
  }
  const timer = setInterval(() => void prolong().catch(() => undefined), leaseMillis / 4)
  timer.unref()
  const stop = (): void => {
    stopped = true
    clearInterval(timer)
  }
  return { stop, lost: () => lost }
}

/** Gives the folders back, and notes how it went. */
export async function finishFolders(
  targets: SyncTarget[],
  claim: Claim,
  outcome: { error: string | null; skipped?: SkippedFile[] } | undefined,
): Promise<void> {
  for (const { folder, inner, under, identity } of targets) {
    const folders = [folder.id, ...inner.map(({ id }) => id)]
    // Which folder it is says the sync of all of it.
    const noted = outcome && {
      error: outcome.error,
      identity: under === '' && outcome.error === null ? identity : folder.identity,
      ...(outcome.skipped && { skipped: skippedIn(folder.root, outcome.skipped) }),
    }
    await claim.storage.documents.finishFolder({
      ...{ folders, holder: claim.holder, now: claim.now() },
      ...(noted && { outcome: noted }),
    })
  }
}

/** How many of the skipped files are kept by name. */
const mostKept = 100

/** What is skipped is no document, and known of the folder alone. */
function skippedIn(root: string, skipped: SkippedFile[]): SkippedFiles {
  const files = skipped.filter(({ path }) => isInside(path, root))
  return { count: files.length, files: JSON.stringify(files.slice(0, mostKept)) }
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new CairnError('cancelled', 'The sync was cancelled.', {
    hint: 'What it has indexed so far is stored; sync again to go on.',
  })
}
