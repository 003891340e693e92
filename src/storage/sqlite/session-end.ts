import type { Database } from 'better-sqlite3'
import { spansOf } from '../../access/namespace.js'
import { isAmong } from '../../access/policy.js'
import { decodeJsonObject } from '../../json.js'
import type { SessionRow } from '../../sessions/session.js'
import { ownersOf, parseStateKey, type StateRow, scopeNamespace } from '../../sessions/state.js'
import type { MemoryAddress } from '../memory-store.js'
import type { KeptState, StateRights, StatusChange } from '../session-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import { append, tombstone } from './memory-append.js'
import { isAlive, latestVersion } from './memory-rows.js'
import { clearOwnState, type StateAddress, stateSetBy, stateValue } from './state-rows.js'
import { all, run, sql } from './statements.js'

const deltas = sql(
  'state.changesBySession',
  `select state_delta as delta
   from session_events indexed by events_with_delta
   where session_id = :session and state_delta is not null
   order by seq`,
)

/** Says in the trail why a memory was changed. */
const endOfSession = { endOf: 'session' }

const sharedScopes = ['user', 'app', 'project'] as const

/** What was set in this session for longer than it lives becomes memory, and what was removed leaves it; its own state goes. */
export function endState(
  db: Database,
  session: SessionRow,
  { writable, chain, author }: StateRights & { chain: string; author: Author },
): Omit<StatusChange, 'session'> {
  const owners = ownersOf(session)
  const allowed = sharedScopes.flatMap((scope) => {
    const owner = owners[scope]
    return owner !== null && isAmong(writable, scopeNamespace(scope, owner)) ? [{ scope, owner }] : []
  })
  const set = allowed.flatMap(({ scope, owner }) => stateSetBy(db, session.id, scope, owner))
  const unset = removedIn(db, session).filter(({ scope }) => allowed.some((shared) => shared.scope === scope))
  const kept = set.flatMap((row) => keepValue(db, row, chain, author) ?? [])
  const removed = unset.flatMap((address) => dropValue(db, address, author) ?? [])
  clearOwnState(db, session.id)
  return { kept, removed }
}

const memoriesIn = sql(
  'memories.latestIn',
  `select namespace, key, version
   from memory_entries indexed by memory_latest
   where superseded_at is null and namespace >= :from and namespace < :to
   order by namespace, key`,
)

const purgeMemories = sql(
  'memories.purge',
  `delete from memory_entries
   where namespace >= :from and namespace < :to`,
)

/** What was remembered for this session alone goes with it: who takes its id must not find that. */
export function purgeOwnMemories(db: Database, session: SessionRow, author: Author): void {
  for (const { from, to } of spansOf(`session:${session.id}`)) {
    const found = all<MemoryAddress & { version: number }>(db, memoriesIn, { from, to })
    if (found.length === 0) continue
    run(db, purgeMemories, { from, to })
    for (const memory of found) audit(db, author, { subject: 'memory', operation: 'purge', ...memory })
  }
}

/** What this session took away last, and nobody has set since. A removal leaves no row; the deltas of the events tell. */
function removedIn(db: Database, session: SessionRow): StateAddress[] {
  const lastChange = new Map<string, unknown>()
  for (const { delta } of all<{ delta: string }>(db, deltas, { session: session.id })) {
    for (const [name, value] of Object.entries(decodeJsonObject(delta))) lastChange.set(name, value)
  }
  const owners = ownersOf(session)
  return [...lastChange].flatMap(([name, value]) => {
    const { scope, key } = parseStateKey(name)
    if (value !== null || scope === 'temp') return []
    const owner = owners[scope]
    if (owner === null || stateValue(db, { scope, owner, key })) return []
    return [{ scope, owner, key }]
  })
}

function memoryOf({ scope, owner, key }: StateAddress): MemoryAddress {
  return { namespace: `${scopeNamespace(scope, owner)}:state`, key }
}

function keepValue(db: Database, row: StateRow, chain: string, author: Author): KeptState | undefined {
  const address = memoryOf(row)
  const before = latestVersion(db, address)
  const alive = isAlive(before, author.now)
  // An episodic memory that somebody put at this key is not changed; the value stays in state all the same.
  if (alive && (before.value === row.value || before.type === 'episodic')) return undefined
  const { namespace, key, version } = append(
    db,
    address,
    before,
    {
      type: alive ? before.type : 'semantic',
      chain: before?.chain ?? chain,
      value: row.value,
      metadata: alive ? before.metadata : '{"source":"session state"}',
      ...{ validFrom: null, validTo: null, expiresAt: null, deleted: 0 },
    },
    alive ? 'update' : 'create',
    author,
    endOfSession,
  )
  return { namespace, key, version }
}

function dropValue(db: Database, state: StateAddress, author: Author): KeptState | undefined {
  const address = memoryOf(state)
  const before = latestVersion(db, address)
  if (!isAlive(before, author.now) || before.type === 'episodic') return undefined
  const { namespace, key, version } = append(db, address, before, tombstone(before), 'delete', author, endOfSession)
  return { namespace, key, version }
}
