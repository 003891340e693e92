import type { Database } from 'better-sqlite3'
import { compareBytes, everything, type Span, spansOf } from '../../access/namespace.js'
import type { ExportScope, RecordKind, RowOf } from '../../ops/interchange.js'
import { lineOf } from '../../ops/interchange-line.js'
import { storedScopes } from '../../sessions/state.js'
import { completed, type StoredRow } from './interchange-rows.js'
import { find, selectFrom } from './interchange-tables.js'
import { all, get, iterate, type Parameters, type Sql, sql } from './statements.js'

// No id has more than 200 characters, so none is after this.
const everyId: Span = { from: '', to: '\u{10ffff}'.repeat(200) }

/** The sections of one table each: rows whose key begins with something from `from` to `to`, in the order of the file. */
function section(kind: RecordKind, column: string, order: string, below: '<' | '<=' = '<='): Sql {
  return sql(
    `interchange.read[${kind}]`,
    `${selectFrom(kind)}
   where ${column} >= :from and ${column} ${below} :to
   order by ${order}`,
  )
}

const sections = {
  session: section('session', 'id', 'id'),
  event: section('event', 'session_id', 'session_id, seq'),
  operation: section('operation', 'session_id', 'session_id, operation_id'),
  memory: section('memory', 'namespace', 'namespace, key, version', '<'),
  task: section('task', 'id', 'id'),
  agent: section('agent', 'id', 'id'),
  checkpoint: section('checkpoint', 'task_id', 'task_id, iteration'),
}

const state = sql(
  'interchange.read[state]',
  `${selectFrom('state')}
   where scope = :scope and owner >= :from and owner <= :to
   order by owner, key`,
)

/** What exports and imports leave in the trail is about this store, and would make every copy differ from its original. */
const carried = `not (subject = 'store' and operation in ('import', 'export') and outcome = 'ok')`

const trail = sql(
  'interchange.read[audit]',
  `${selectFrom('audit')}
   where timestamp >= :from and ${carried}
   order by timestamp, id`,
)

const trailOfSpan = sql(
  'interchange.auditsOfSpan',
  `select timestamp, id
   from audit
   where namespace >= :from and namespace < :to`,
)

const trailOfSession = sql(
  'interchange.auditsOfSession',
  `select timestamp, id
   from audit
   where session_id = :session`,
)

const trailLine = sql(
  'interchange.auditById',
  `${selectFrom('audit')}
   where id = :id and ${carried}`,
)

/** The lines of a file for a scope, between its first and its last. Everything is read from one snapshot, which the caller holds. */
export function* exportLines(db: Database, scope: ExportScope): Generator<string> {
  if (scope.session !== undefined) yield* sessionLines(db, scope.session)
  else if (scope.namespace !== undefined) yield* namespaceLines(db, scope.namespace)
  else yield* allLines(db)
}

function* allLines(db: Database): Generator<string> {
  yield* lines(db, 'session', everyId)
  yield* lines(db, 'event', everyId)
  yield* lines(db, 'operation', everyId)
  for (const scope of storedScopes.toSorted()) yield* lines(db, 'state', { scope, ...everyId }, state)
  yield* lines(db, 'memory', everything)
  yield* lines(db, 'task', everyId)
  yield* lines(db, 'agent', everyId)
  yield* lines(db, 'checkpoint', everyId)
  yield* lines(db, 'audit', { from: 0 }, trail)
}

/** A session reads what it shares with its ancestors from them, so they come along. */
function* sessionLines(db: Database, session: string): Generator<string> {
  const ids = lineage(db, session)
  const only = (id: string) => ({ from: id, to: id })
  for (const id of ids) yield* lines(db, 'session', only(id))
  for (const id of ids) yield* lines(db, 'event', only(id))
  for (const id of ids) yield* lines(db, 'operation', only(id))
  for (const id of ids) yield* lines(db, 'state', { scope: 'session', ...only(id) }, state)
  const spans = ids.flatMap((id) => spansOf(`session:${id}`)).sort((a, b) => compareBytes(a.from, b.from))
  for (const span of spans) yield* lines(db, 'memory', span)
  yield* trailLines(db, [
    ...ids.flatMap((id) => all<Place>(db, trailOfSession, { session: id })),
    ...spans.flatMap((span) => all<Place>(db, trailOfSpan, { ...span })),
  ])
}

function* namespaceLines(db: Database, namespace: string): Generator<string> {
  const [scope, owner, ...below] = namespace.split(':')
  // The state of a user, an app or a project is theirs as much as their memories; that of a session needs its session.
  if (below.length === 0 && scope !== undefined && scope !== 'session' && owner !== undefined)
    yield* lines(db, 'state', { scope, from: owner, to: owner }, state)
  const spans = spansOf(namespace)
  for (const span of spans) yield* lines(db, 'memory', span)
  yield* trailLines(
    db,
    spans.flatMap((span) => all<Place>(db, trailOfSpan, { ...span })),
  )
}

function* lines(
  db: Database,
  kind: RecordKind,
  bounds: Parameters | Span,
  statement: Sql = sections[kind as keyof typeof sections],
): Generator<string> {
  for (const row of iterate<StoredRow>(db, statement, { ...bounds })) yield lineOf(kind, completed(db, kind, row))
}

interface Place {
  timestamp: number
  id: number
}

/** Lines that are found in several ways, in order and each once. */
function* trailLines(db: Database, places: Place[]): Generator<string> {
  places.sort((a, b) => a.timestamp - b.timestamp || a.id - b.id)
  let last = -1
  for (const { id } of places) {
    const row = id === last ? undefined : get<StoredRow>(db, trailLine, { id })
    last = id
    if (row !== undefined) yield lineOf('audit', row as unknown as RowOf<'audit'>)
  }
}

/** A session and those that it is a fork of, in the order of a file. */
function lineage(db: Database, session: string): string[] {
  const ids: string[] = []
  for (let next: string | null | undefined = session; next; ) {
    const row: { parent: string | null } | undefined = get(db, find.session, { id: next })
    if (row !== undefined) ids.push(next)
    next = ids.includes(row?.parent ?? '') ? null : row?.parent
  }
  return ids.sort(compareBytes)
}
