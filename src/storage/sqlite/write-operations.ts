import { recordAudit } from './audit-write.js'
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
  'memories.add': addMemories,
  'memories.update': updateMemory,
  'memories.delete': deleteMemory,
  'memories.restore': restoreMemory,
  'memories.rollback': rollbackMemory,
  'memories.expire': expireMemories,
  'sessions.create': createSession,
  'sessions.append': appendEvents,
  'sessions.setStatus': setSessionStatus,
  'sessions.delete': deleteSession,
  'audit.record': recordAudit,
}
