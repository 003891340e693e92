import type { Database } from 'better-sqlite3'
import { contains } from '../../access/namespace.js'
import { planUndo, type UndoPlan } from '../../memories/undo-plan.js'
import { toIso } from '../../time.js'
import type { UndoBatch, UndoPlace, UndoStep } from '../memory-change-store.js'
import type { Author } from '../storage.js'
import { append, tombstone } from './memory-append.js'
import { latestVersion, memoryColumns, type StoredMemory, versionsBelow } from './memory-rows.js'
import { all, get, sql } from './statements.js'

const max = Number.MAX_SAFE_INTEGER

const newest = sql('memories.newestRow', 'select max(id) as id from memory_entries')

/** What the undoing itself appends lies beyond `until`. */
const changedSince = sql(
  'memories.changedSince',
  `select ${memoryColumns('m')}
   from memory_entries m indexed by memory_by_recorded
   where m.superseded_at is null and (m.recorded_at, m.id) > (:since, :afterId) and m.id <= :until
   order by m.recorded_at, m.id
   limit :limit`,
)

type Undoing = Exclude<UndoPlan<StoredMemory>, { skipped: unknown }>

export function previewUndo(db: Database, batch: UndoBatch): UndoStep {
  return eachChange(db, batch, () => undefined)
}

export function undoChanges(db: Database, batch: UndoBatch & { author: Author }): UndoStep {
  const detail = { undo: { by: batch.by, since: toIso(batch.since) } }
  return eachChange(db, batch, (plan, latest) => takeBack(db, plan, latest, batch.author, detail))
}

function eachChange(db: Database, batch: UndoBatch, act: (plan: Undoing, latest: StoredMemory) => void): UndoStep {
  const step: UndoStep = { undone: [], skipped: [], next: null }
  const { after, until } = batch.next ?? firstPlace(db, batch.since)
  const rows = all<StoredMemory>(db, changedSince, { since: after[0], afterId: after[1], until, limit: batch.limit })
  for (const latest of rows) {
    if (batch.namespaces && !batch.namespaces.some((outer) => contains(outer, latest.namespace))) continue
    const plan = planUndo(versionsBelow(db, latest, max), batch)
    if (plan === undefined) continue
    if ('skipped' in plan) {
      step.skipped.push(plan.skipped)
      continue
    }
    step.undone.push(plan.undone)
    act(plan, latest)
  }
  const last = rows.at(-1)
  if (last && rows.length === batch.limit) step.next = { after: [last.recordedAt, last.id], until }
  return step
}

function firstPlace(db: Database, since: number): UndoPlace {
  return { after: [since, 0], until: get<{ id: number | null }>(db, newest, {})?.id ?? 0 }
}

function takeBack(
  db: Database,
  { undone, versions }: Undoing,
  latest: StoredMemory,
  author: Author,
  detail: Record<string, unknown>,
): void {
  for (const source of versions) {
    const before = latestVersion(db, latest) ?? latest
    const next = source === null ? tombstone(before) : { ...source, chain: before.chain, originsOf: source.id }
    // Who added what is there again may not be the one who added the key anew since.
    const { createdAt, createdBy } = source ?? before
    append(db, latest, { ...before, createdAt, createdBy }, next, undone.action, author, detail)
  }
}
