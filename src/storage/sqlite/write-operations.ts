import type { Database } from 'better-sqlite3'
import { briefAppends, briefStamps } from './answers.js'
import { recordAudit } from './audit-write.js'
import { importRows } from './interchange-write.js'
import {
  addMemories,
  deleteMemory,
  expireMemories,
  restoreMemory,
  rollbackMemory,
  updateMemory,
} from './memories-write.js'
import { setSessionStatus } from './session-status.js'
import { appendEvents, createSession, deleteSession } from './sessions-write.js'

/** Every write, by the name under which it travels to the writer. */
export const writeOperations = {
  'memories.add': (db: Database, input: Parameters<typeof addMemories>[1]) => briefStamps(addMemories(db, input)),
  'memories.update': updateMemory,
  'memories.delete': deleteMemory,
  'memories.restore': restoreMemory,
  'memories.rollback': rollbackMemory,
  'memories.expire': expireMemories,
  'sessions.create': createSession,
  'sessions.append': (db: Database, input: Parameters<typeof appendEvents>[1]) => briefAppends(appendEvents(db, input)),
  'sessions.setStatus': setSessionStatus,
  'sessions.delete': deleteSession,
  'audit.record': recordAudit,
  'interchange.write': importRows,
}
