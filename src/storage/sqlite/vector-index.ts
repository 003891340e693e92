import type { Database } from 'better-sqlite3'
import type { SpaceTrust } from '../../search/fuse.js'
import { CodeIndex } from '../../vectors/code-index.js'
import { get, iterate, sql } from './statements.js'

const changes = sql(
  'vectors.changes',
  `select change_seq as seq, item, code
   from embedding_codes
   where change_seq > :after and +space_id = :space
   order by change_seq`,
)

const newest = sql('vectors.newest', 'select max(change_seq) as seq from embedding_codes')

const activeSpace = sql(
  'vectors.activeSpace',
  `select id, name, dimensions, pruned_to as prunedTo, unqueued_to as unqueuedTo, found
   from embedding_spaces
   where state = 'active'`,
)

export interface ActiveSpace {
  id: number
  name: string
  dimensions: number
  prunedTo: number
  /** Items up to this one were there before it, and are queued from the newest down. */
  unqueuedTo: number
  /** How far it may be trusted; null before it was tried. */
  found: number | null
}

export function trustOf({ found }: Pick<ActiveSpace, 'found'>): SpaceTrust {
  return found === null ? {} : { found }
}

/** The codes of the active space in memory, and the last change that they know of. */
interface HeldCodes {
  space: number
  index: CodeIndex
  seq: number
}

const held = new WeakMap<Database, HeldCodes>()

export function findActiveSpace(db: Database): ActiveSpace | undefined {
  return get<ActiveSpace>(db, activeSpace, {})
}

/**
 * The codes of a space as the store has them now. The first call of a connection reads them all, later ones what has
 * changed since, by whichever process.
 */
export function currentCodes(db: Database, space: ActiveSpace): CodeIndex {
  const known = held.get(db)
  const isUseful = known?.space === space.id && known.seq >= space.prunedTo
  const codes = known && isUseful ? known : { space: space.id, index: new CodeIndex(space.dimensions), seq: 0 }
  held.set(db, codes)
  const last = get<{ seq: number | null }>(db, newest, {})?.seq ?? 0
  if (last > codes.seq) catchUp(db, codes)
  // The newest may have been word of something gone that is forgotten by now: whoever has read all knows that, too.
  codes.seq = Math.max(last, space.prunedTo)
  return codes.index
}

function catchUp(db: Database, { space, index, seq }: HeldCodes): void {
  const rows = iterate<{ seq: number; item: number; code: Uint8Array | null }>(db, changes, { after: seq, space })
  for (const { item, code } of rows) {
    if (code === null) index.delete(item)
    else index.set(item, code)
  }
}
