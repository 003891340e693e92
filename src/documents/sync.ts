import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { CairnError } from '../errors.js'
import type { NotedFile } from '../storage/document-store.js'
import type { Author } from '../storage/storage.js'
import type { SkippedFile } from './file-errors.js'
import type { SelectionGlobs } from './file-selection.js'
import { isPreparedSo } from './file-stamp.js'
import type { FolderReader } from './folder-reader.js'
import { isInside } from './inside.js'
import type { ReadFile } from './read-file.js'
import {
  assertSameFolder,
  type Claim,
  claimFolder,
  findFolders,
  finishFolders,
  keepClaims,
  type SyncTarget,
  throwIfCancelled,
  unreadable,
} from './sync-folders.js'
import { GoneFiles, type KnownFile, planSync, type SyncPlan } from './sync-plan.js'
import type { SyncProgress, SyncReport } from './sync-report.js'

export interface SyncContext extends Pick<Claim, 'storage' | 'namespace' | 'now' | 'newId' | 'signal'>, SelectionGlobs {
  author: () => Author
  reader: FolderReader
  maxBytes: number
  onProgress: (progress: SyncProgress) => void
}

/**
 * Makes the index what the folders are. Nothing is removed but what is certainly gone from a folder that is certainly
 * there; files are stored one by one, so that whatever breaks it off leaves whole documents and the next sync goes on.
 */
export async function syncFolders(paths: string[], context: SyncContext): Promise<SyncReport> {
  const start = performance.now()
  const { storage, namespace, now, newId, signal, onProgress } = context
  const folders = await findFolders(paths)
  const onWait = () => onProgress({ phase: 'waiting', done: 0, total: 0 })
  const claim: Claim = { storage, namespace, now, newId, signal, holder: `${process.pid}:${randomUUID()}`, onWait }
  const targets: SyncTarget[] = []
  // Those that it has are kept while it waits for the others.
  const claims = keepClaims(targets, claim)
  try {
    for (const folder of folders) targets.push(await claimFolder(folder, claim))
    const sync = new Sync(context, claims.lost)
    await sync.run(targets)
    claims.stop()
    const report = sorted(sync.report)
    await finishFolders(targets, claim, { error: null, skipped: report.skipped })
    return { ...report, tookMs: Math.round(performance.now() - start) }
  } catch (error) {
    claims.stop()
    const told = error instanceof CairnError && error.code !== 'cancelled' && error.code !== 'closed'
    await finishFolders(targets, claim, told ? { error: error.message } : undefined).catch(() => undefined)
    throw error
  }
}

/** Files are read in no particular order. */
function sorted<Report extends Pick<SyncReport, 'skipped' | 'warnings'>>(report: Report): Report {
  const byPath = (a: SkippedFile, b: SkippedFile): number => (a.path < b.path ? -1 : 1)
  return { ...report, skipped: report.skipped.toSorted(byPath), warnings: report.warnings.toSorted(byPath) }
}

/** How many files are on their way at once, and how many bytes: enough to fill the writer's groups, and no more. */
const filesAtOnce = 8
const bytesAtOnce = 1_000_000
const idsAtOnce = 50
const knownAtOnce = 1_000

type Planned = SyncPlan & { target: SyncTarget }
type ToRead = SyncPlan['toRead'][number] & { target: SyncTarget }

class Sync {
  readonly report: Omit<SyncReport, 'tookMs'> = {
    ...{ added: 0, changed: 0, moved: 0, removed: 0, unchanged: 0 },
    ...{ skipped: [] as SkippedFile[], warnings: [] as SkippedFile[] },
  }
  readonly #context: SyncContext
  readonly #lost: () => boolean
  readonly #gone = new GoneFiles()
  readonly #leftOut: KnownFile[] = []
  readonly #noted: NotedFile[] = []

  constructor(context: SyncContext, lost: () => boolean) {
    this.#context = context
    this.#lost = lost
  }

  async run(targets: SyncTarget[]): Promise<void> {
    this.#context.onProgress({ phase: 'scanning', done: 0, total: 0 })
    const plans: Planned[] = []
    for (const target of targets) plans.push({ target, ...(await this.#plan(target)) })
    for (const plan of plans) await this.#sortMissing(plan)
    const toRead = plans.flatMap(({ target, toRead }) => toRead.map((file) => ({ target, ...file })))
    // A file that was moved has most often kept its name: a copy with another one takes what these leave.
    const isNamed = ({ found }: ToRead): boolean => this.#gone.hasName(found.path)
    await this.#readAll([toRead.filter(isNamed), toRead.filter((file) => !isNamed(file))])
    for (const target of targets) await assertSameFolder(target)
    await this.#remove([...this.#gone.rest, ...this.#leftOut])
    await this.#note(0)
  }

  async #plan(target: SyncTarget): Promise<SyncPlan> {
    this.#check()
    const { include, exclude, reader } = this.#context
    const { files, skipped } = await reader.walk({ folder: target.path, include, exclude })
    const root = skipped.find(({ path }) => path === target.path)
    if (root) {
      await assertSameFolder(target)
      throw unreadable(target.path, root.reason)
    }
    this.report.skipped.push(...skipped)
    const known = await this.#known(target)
    assertNotEmptied(target, files.length, known.length)
    const { under } = target
    const found = files.map((file) => ({ ...file, path: under === '' ? file.path : `${under}/${file.path}` }))
    const plan = planSync(found, known)
    this.report.unchanged += plan.unchanged
    return plan
  }

  /** What is indexed of a folder, at its paths in the outermost one. */
  async #known({ folder, under, inner }: SyncTarget): Promise<KnownFile[]> {
    const own = await this.#filesOf(folder.id, under)
    const known = own.map((file) => ({ ...file, file: join(folder.root, file.path), adopted: false }))
    for (const { id, root } of inner) {
      for (const file of await this.#filesOf(id, '')) {
        const absolute = join(root, file.path)
        const path = absolute.slice(join(folder.root, '/').length)
        known.push({ ...file, path, file: absolute, adopted: true })
      }
    }
    return known
  }

  async #filesOf(folder: string, under: string) {
    const files = []
    for (let after = ''; ; ) {
      const page = await this.#context.storage.documents.files({ folder, under, after, limit: knownAtOnce })
      files.push(...page)
      if (page.length < knownAtOnce) return files
      after = page.at(-1)?.path ?? ''
    }
  }

  /** What is not there any more may have been moved, and what is there and not to be indexed is removed. */
  async #sortMissing({ target, missing, toRead }: Planned): Promise<void> {
    if (missing.length === 0) return
    const { include, exclude, reader } = this.#context
    const before = target.under === '' ? 0 : target.under.length + 1
    const byPath = new Map(missing.map((known) => [known.path.slice(before), known]))
    const { gone, leftOut } = await reader.missing({ folder: target.path, include, exclude, paths: [...byPath.keys()] })
    for (const path of gone) this.#gone.add(byPath.get(path) as KnownFile)
    for (const path of leftOut) this.#leftOut.push(byPath.get(path) as KnownFile)
    for (const path of [...gone, ...leftOut]) byPath.delete(path)
    for (const known of byPath.values()) {
      const reason = this.#reasonFor(known.file)
      // It cannot be read now, and what was read once is kept; or it has come back since the folder was walked.
      if (reason !== undefined) this.#noted.push({ id: known.id, error: reason })
      else toRead.push({ found: { path: known.path, stamp: '', bytes: 0, modifiedAt: 0, changedAt: 0 }, known })
    }
  }

  #reasonFor(file: string): string | undefined {
    return this.report.skipped.find(({ path }) => file === path || isInside(file, path))?.reason
  }

  /** Each group when the one before is done. */
  async #readAll(groups: ToRead[][]): Promise<void> {
    const { onProgress } = this.#context
    const total = groups.flat().length
    const active = new Set<Promise<void>>()
    let [done, bytes] = [0, 0]
    const isFull = (next: number): boolean =>
      active.size >= filesAtOnce || (active.size > 0 && bytes + next > bytesAtOnce)
    try {
      for (const files of groups) {
        for (const file of files) {
          while (isFull(file.found.bytes)) await Promise.race(active)
          this.#check()
          bytes += file.found.bytes
          const work: Promise<void> = this.#readOne(file).finally(() => {
            active.delete(work)
            bytes -= file.found.bytes
            onProgress({ phase: 'indexing', done: ++done, total })
          })
          active.add(work)
        }
        await Promise.all(active)
      }
    } finally {
      // What is on its way is stored before the leases go.
      await Promise.allSettled(active)
    }
  }

  async #readOne({ target, found, known }: ToRead): Promise<void> {
    const { reader, maxBytes, now } = this.#context
    const { path } = found
    const file = join(target.folder.root, path)
    const readAt = now()
    const isKnown = known?.status === 'synced' && !known.adopted && isPreparedSo(known)
    const same = isKnown ? { sha256: known.sha256 } : {}
    const read = await reader.read({ file, path, maxBytes, ...same })
    // The next sync does not find it, and may find what became of it: a folder that was renamed keeps its documents.
    if ('gone' in read) return
    if ('reason' in read) return this.#skip(file, read.reason, known)
    if (read.document === undefined || isAsBad(read, known)) {
      if (read.document?.error) this.report.warnings.push({ path: file, reason: read.document.error })
      this.report.unchanged++
      if (known) this.#noted.push({ id: known.id, stamp: read.stamp, readAt, error: null })
      await this.#note(idsAtOnce)
    } else await this.#put({ target, file, path, read: { ...read, document: read.document }, readAt, known })
  }

  #skip(path: string, reason: string, known: KnownFile | undefined): void {
    this.report.skipped.push({ path, reason })
    if (known) this.#noted.push({ id: known.id, error: reason })
  }

  async #put(input: {
    target: SyncTarget
    file: string
    path: string
    read: ReadFile & Required<Pick<ReadFile, 'document'>>
    readAt: number
    known: KnownFile | undefined
  }): Promise<void> {
    const { storage, namespace, newId, author } = this.#context
    const { target, file, path, read, readAt, known } = input
    const { document, sha256, bytes, modifiedAt, stamp } = read
    const replaced = known ?? this.#gone.take(sha256, path)
    const outcome = await storage.documents.put({
      ...{ id: newId(), folder: target.folder.id, namespace, path, sha256, bytes, modifiedAt, stamp, readAt },
      ...(replaced && { replaces: replaced.id }),
      ...document,
      author: author(),
    })
    this.report[outcome === 'created' ? 'added' : outcome === 'moved' ? 'moved' : 'changed']++
    if (document.error !== null) this.report.warnings.push({ path: file, reason: document.error })
  }

  async #remove(files: KnownFile[]): Promise<void> {
    const { storage, author } = this.#context
    for (let at = 0; at < files.length; at += idsAtOnce) {
      this.#check()
      const ids = files.slice(at, at + idsAtOnce).map(({ id }) => id)
      this.report.removed += await storage.documents.removeFiles({ ids, author: author() })
    }
  }

  /** Stores what was noted of files that stay as they are, when there is more than `least` of it. */
  async #note(least: number): Promise<void> {
    if (this.#noted.length <= least) return
    await this.#context.storage.documents.note({ files: this.#noted.splice(0) })
  }

  #check(): void {
    throwIfCancelled(this.#context.signal)
    if (!this.#lost()) return
    throw new CairnError('busy', 'Another process has taken over the sync of this folder.', {
      hint: 'This one was stopped for too long. What it has indexed is stored.',
    })
  }
}

/** Whether what is wrong with a file, such as its front matter, is indexed so: it is told again, and nothing else is to do. */
function isAsBad({ sha256, document }: ReadFile, known: KnownFile | undefined): boolean {
  if (known === undefined || known.adopted || !isPreparedSo(known)) return false
  return known.sha256 === sha256 && known.error !== null && known.error === document?.error
}

/** Which folder it was is known of the outermost alone. */
function emptyPart(path: string, root: string): CairnError {
  return new CairnError('not_found', `${path} is empty, and documents of it are indexed.`, {
    hint: `If its disk is not mounted, mount it. If the files are gone for good, use cairn docs remove, or sync ${root}.`,
    details: { folder: path },
  })
}

/** A disk that is not mounted leaves an empty folder in its place. */
function assertNotEmptied({ path, under, identity, folder }: SyncTarget, found: number, known: number): void {
  if (found > 0 || known === 0) return
  if (under !== '') throw emptyPart(path, folder.root)
  if (folder.root !== path || folder.identity === identity) return
  throw new CairnError('not_found', `${path} is another folder than the one that was indexed, and it is empty.`, {
    hint: 'If its disk is not mounted, mount it. If the files are gone for good, use cairn docs remove.',
    details: { folder: path },
  })
}
