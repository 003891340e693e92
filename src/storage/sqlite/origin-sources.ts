import type { Database } from 'better-sqlite3'
import { decodeOrigin, encodeOrigin, type NewOrigin } from '../../memories/origin.js'
import type { OriginRights } from '../memory-change-store.js'
import type { Author } from '../storage.js'
import { getMemory } from './memories-read.js'
import { isRefusal, type Refusal, refuse } from './operation.js'
import { eventFinder } from './session-lineage.js'
import { findSession } from './session-rows.js'

type Naming = OriginRights & { author: Author }

/** Origins as they are stored, each with what it means now, or the refusal when one of them is not there. */
export function resolveOrigins(
  db: Database,
  { origins }: { origins?: NewOrigin[] },
  naming: Naming,
): { origins?: NewOrigin[] } | Refusal {
  if (origins === undefined) return {}
  const resolved: NewOrigin[] = []
  for (const origin of origins) {
    const found = resolveOrigin(db, origin, naming)
    if (isRefusal(found)) return found
    resolved.push(found)
  }
  return { origins: resolved }
}

/** A memory without a version means the one that is there now. An event of somebody else's session is as good as none. */
export function resolveOrigin(db: Database, named: NewOrigin, { sessionsOf, author }: Naming): NewOrigin | Refusal {
  const origin = decodeOrigin(named)
  if ('document' in origin) return named
  if ('memory' in origin) {
    const memory = getMemory(db, { ...origin.memory, now: author.now })
    return memory ? encodeOrigin({ memory: { ...origin.memory, version: memory.version } }) : noMemory(origin.memory)
  }
  const { session: id, eventId } = origin.event
  const session = findSession(db, { id, owner: sessionsOf })
  return session && eventFinder(db, session)(eventId) ? named : noEvent(id, eventId)
}

function noMemory({ namespace, key, version }: { namespace: string; key: string; version?: number }): Refusal {
  const what = version === undefined ? 'memory' : `version ${version} of`
  return refuse('not_found', `There is no ${what} ${namespace} ${key} to come from.`, {
    hint: 'See its history for the versions there are.',
  })
}

function noEvent(session: string, eventId: string): Refusal {
  return refuse('not_found', `There is no event ${eventId} in a session ${session}.`, {
    hint: 'Look for it with sessions.events().',
  })
}
