import type { Database } from 'better-sqlite3'
import { migrateCommand } from '../../embeddings/migrate-command.js'
import type { NewSpace, SpaceRow } from '../embedding-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import { type Refusal, refuse } from './operation.js'
import { all, get, run, sql, sqlFamily } from './statements.js'

const columns = `id, name, provider, model, dimensions, document_prefix as documentPrefix, query_prefix as queryPrefix,
     state, unqueued_to as unqueuedTo, created_at as createdAt, activated_at as activatedAt,
     found, tried_with as triedWith, tried_to as triedTo`

const list = sql('embeddings.spaces', `select ${columns} from embedding_spaces order by id desc`)

const byName = sql('embeddings.space', `select ${columns} from embedding_spaces where name = :name`)

/** Of each of these states there is one at most. */
const byState = sqlFamily(
  'embeddings.spaceInState',
  ['active', 'filling'],
  (state) => `select ${columns} from embedding_spaces where state = '${state}'`,
)

const insert = sql(
  'embeddings.insertSpace',
  `insert into embedding_spaces (name, provider, model, dimensions, document_prefix, query_prefix, state, unqueued_to,
     created_at, activated_at)
   values (:name, :provider, :model, :dimensions, :documentPrefix, :queryPrefix, :state, :unqueuedTo, :now, :activatedAt)`,
)

const setState = sql(
  'embeddings.setState',
  `update embedding_spaces
   set state = :state, unqueued_to = :unqueuedTo, activated_at = ifnull(:activatedAt, activated_at)
   where id = :id`,
)

const newestItem = sql('embeddings.newestItem', 'select max(id) as id from search_items')

type StoredSpace = SpaceRow & { id: number; unqueuedTo: number; triedTo: number }

export function listSpaces(db: Database): SpaceRow[] {
  return all<StoredSpace>(db, list, {}).map(toSpace)
}

export function findSpace(db: Database, name: string): StoredSpace | undefined {
  return get<StoredSpace>(db, byName, { name })
}

function toSpace({ id: _id, unqueuedTo: _unqueuedTo, triedTo: _triedTo, ...space }: StoredSpace): SpaceRow {
  return space
}

function inState(db: Database, state: keyof typeof byState): StoredSpace | undefined {
  return get<StoredSpace>(db, byState[state], {})
}

export function openSpace(db: Database, { author, ...space }: NewSpace & { author: Author }): SpaceRow | Refusal {
  const found = findSpace(db, space.name)
  if (found && !isSame(found, space))
    return refuse('conflict', `The space ${space.name} was made with other dimensions or prefixes.`, {
      hint: 'Give the model another name for them, or drop the space first.',
    })
  if (found && found.state !== 'kept') return toSpace(found)
  const active = inState(db, 'active')
  const filling = inState(db, 'filling')
  if (active && filling)
    return refuse('conflict', `The space ${filling.name} is being filled.`, {
      hint: `${howToGoOn(filling)} Or drop it: cairn embeddings drop ${filling.name}`,
    })
  const state = active ? 'filling' : 'active'
  const activatedAt = active ? null : author.now
  const unqueuedTo = lastItem(db)
  if (found) change(db, found, state, { unqueuedTo, activatedAt })
  else run(db, insert, { ...space, state, unqueuedTo, now: author.now, activatedAt })
  note(db, author, 'create', { space: space.name, state })
  const made = findSpace(db, space.name)
  return made ? toSpace(made) : refuse('internal', `The space ${space.name} was not made.`)
}

function howToGoOn(space: NewSpace): string {
  const command = migrateCommand(space)
  if (command === undefined) return 'A program that brings its model can go on with it.'
  return `Go on with it until it is active: ${command}.`
}

function isSame(a: NewSpace, b: NewSpace): boolean {
  return a.dimensions === b.dimensions && a.documentPrefix === b.documentPrefix && a.queryPrefix === b.queryPrefix
}

function change(
  db: Database,
  space: StoredSpace,
  state: SpaceRow['state'],
  { unqueuedTo = space.unqueuedTo, activatedAt = null }: { unqueuedTo?: number; activatedAt?: number | null } = {},
): void {
  run(db, setState, { id: space.id, state, unqueuedTo, activatedAt })
}

/** All items up to this one are there, and so are to be queued for a space that knows none of them. */
function lastItem(db: Database): number {
  return get<{ id: number | null }>(db, newestItem, {})?.id ?? 0
}

export function activateSpace(
  db: Database,
  { space, attempts, author }: { space: string; attempts: number; author: Author },
): boolean {
  const next = findSpace(db, space)
  if (next?.state !== 'filling' || !isFull(db, next, attempts)) return false
  replaceActive(db, next, author)
  return true
}

function replaceActive(db: Database, next: StoredSpace, author: Author): void {
  const active = inState(db, 'active')
  if (active) change(db, active, 'kept')
  change(db, next, 'active', { activatedAt: author.now })
  note(db, author, 'update', { space: next.name, state: 'active' })
}

/** All items are queued again, for those that came while it was kept: those that have a vector are passed over. */
export function rollbackSpace(db: Database, { space, author }: { space: string; author: Author }): SpaceRow | Refusal {
  const next = findSpace(db, space)
  if (next === undefined) return noSpace(space)
  if (next.state === 'active') return toSpace(next)
  if (next.activatedAt === null)
    return refuse('illegal_transition', `The space ${space} has never been active, so there is no way back to it.`, {
      hint: '`cairn embeddings status` lists the spaces.',
    })
  replaceActive(db, { ...next, unqueuedTo: lastItem(db) }, author)
  return toSpace({ ...next, state: 'active', activatedAt: author.now })
}

export function noSpace(space: string): Refusal {
  return refuse('not_found', `There is no embedding space ${space}.`, {
    hint: '`cairn embeddings status` lists the spaces.',
  })
}

function note(db: Database, author: Author, operation: 'create' | 'update' | 'delete', detail: object): void {
  audit(db, author, { subject: 'store', operation, detail: JSON.stringify(detail) })
}

const someWaiting = sql(
  'embeddings.someWaiting',
  `select item
   from embedding_jobs
   where space_id = :space and run_after is not null
   limit 1 offset :offset`,
)

/** Whether more than so many queued items wait for their vectors. */
export function isWaiting(db: Database, space: number, offset: number): boolean {
  return get(db, someWaiting, { space, offset }) !== undefined
}

const someHopeful = sql(
  'embeddings.someHopeful',
  `select item
   from embedding_jobs
   where space_id = :space and run_after is not null and attempts < :attempts
   limit 1`,
)

const moreVectors = sql(
  'embeddings.moreVectors',
  `select item
   from embedding_codes
   where space_id = :space and text_hash is not null
   limit 1 offset (select count(*) from embedding_jobs where space_id = :space and run_after is not null)`,
)

/**
 * What has failed so often is tried on, but a space does not wait for it, unless that is as much as has a vector: of a model
 * that hardly takes anything searches would know less than before.
 */
function isFull(db: Database, { id: space, unqueuedTo }: StoredSpace, attempts: number): boolean {
  if (unqueuedTo > 0) return false
  if (!isWaiting(db, space, 0)) return true
  if (get(db, someHopeful, { space, attempts }) !== undefined) return false
  return get(db, moreVectors, { space }) !== undefined
}

const dropJobs = sql(
  'embeddings.dropJobs',
  `delete from embedding_jobs
   where space_id = :space and item in (
     select item
     from embedding_jobs
     where space_id = :space
     limit :limit)`,
)

const dropVectors = sql(
  'embeddings.dropVectors',
  `delete from embedding_codes
   where change_seq in (
     select change_seq
     from embedding_codes
     where space_id = :space
     limit :limit)`,
)

const dropSpaceRow = sql('embeddings.dropSpace', 'delete from embedding_spaces where id = :space')

/** Step by step: a million vectors at once would keep all other writers waiting. */
export function dropSpace(
  db: Database,
  { space, limit, unlessActive, author }: { space: string; limit: number; unlessActive?: boolean; author: Author },
): boolean | Refusal {
  const found = findSpace(db, space)
  if (found === undefined) return noSpace(space)
  if (unlessActive && found.state === 'active')
    return refuse('illegal_transition', `The space ${space} is active.`, {
      hint: '`cairn embeddings status` lists the spaces.',
    })
  // From the first step on no search uses it, nobody fills it, and it is not full: whoever wants it back after half of a
  // drop gets all. What is kept has a time of its activation (a check of the table), also if it never was active.
  change(db, found, 'kept', { unqueuedTo: lastItem(db), activatedAt: found.activatedAt ?? author.now })
  const jobs = run(db, dropJobs, { space: found.id, limit }).changes
  if (jobs === limit || run(db, dropVectors, { space: found.id, limit: limit - jobs }).changes === limit - jobs)
    return false
  run(db, dropSpaceRow, { space: found.id })
  note(db, author, 'delete', { space })
  return true
}
