import type { Database } from 'better-sqlite3'
import { changeAgent, releaseSilent, spawnAgent } from './agents-write.js'
import { briefAppends, briefStamps } from './answers.js'
import { recordAudit } from './audit-write.js'
import { pruneCheckpoints, putCheckpoint } from './checkpoints-write.js'
import { claimFolder, finishFolder } from './document-folders.js'
import { noteFiles, putDocument, removeFiles, removePlace } from './documents-write.js'
import { queueItems, retryEmbeddings, saveEmbeddings } from './embedding-jobs.js'
import { pruneGone } from './embedding-prune.js'
import { activateSpace, dropSpace, openSpace, rollbackSpace } from './embedding-spaces.js'
import { noteTrial } from './embedding-trial.js'
import { keepStates } from './interchange-states.js'
import { importRows } from './interchange-write.js'
import { releaseLease, takeLease } from './leases.js'
import { restoreMemory, rollbackMemory } from './memories-restore.js'
import { addMemories, deleteMemory, expireMemories, updateMemory } from './memories-write.js'
import { linkOrigin } from './memory-origins.js'
import { publishMemory } from './memory-publish.js'
import { seedMemories } from './memory-seed.js'
import { undoChanges } from './memory-undo.js'
import { addHistograms, pruneMetrics, recordMetrics } from './metrics-write.js'
import { forkSession, rewindSession } from './session-branches-write.js'
import { applyHistory } from './session-history-write.js'
import { setSessionStatus } from './session-status.js'
import { appendEvents, createSession, deleteSession } from './sessions-write.js'
import { completeTask, failTask, heartbeatTask, releaseTask } from './tasks-answer.js'
import { cancelTask, reprocessTasks, retryTask } from './tasks-change.js'
import { claimTask } from './tasks-claim.js'
import { submitTasks } from './tasks-submit.js'

/** Every write, by the name under which it travels to the writer. */
export const writeOperations = {
  'memories.add': (db: Database, input: Parameters<typeof addMemories>[1]) => briefStamps(addMemories(db, input)),
  'memories.update': updateMemory,
  'memories.delete': deleteMemory,
  'memories.restore': restoreMemory,
  'memories.rollback': rollbackMemory,
  'memories.expire': expireMemories,
  'memories.undo': undoChanges,
  'memories.publish': publishMemory,
  'memories.link': linkOrigin,
  'memories.seed': seedMemories,
  'sessions.create': createSession,
  'sessions.append': (db: Database, input: Parameters<typeof appendEvents>[1]) => briefAppends(appendEvents(db, input)),
  'sessions.setStatus': setSessionStatus,
  'sessions.delete': deleteSession,
  'tasks.submit': submitTasks,
  'tasks.claim': claimTask,
  'tasks.heartbeat': heartbeatTask,
  'tasks.complete': completeTask,
  'tasks.fail': failTask,
  'tasks.release': releaseTask,
  'tasks.cancel': cancelTask,
  'tasks.retry': retryTask,
  'tasks.reprocess': reprocessTasks,
  'agents.spawn': spawnAgent,
  'agents.change': changeAgent,
  'agents.releaseSilent': releaseSilent,
  'sessions.fork': forkSession,
  'sessions.rewind': rewindSession,
  'sessions.applyHistory': applyHistory,
  'checkpoints.put': putCheckpoint,
  'checkpoints.prune': pruneCheckpoints,
  'metrics.record': recordMetrics,
  'metrics.addHistograms': addHistograms,
  'metrics.prune': pruneMetrics,
  'documents.claimFolder': claimFolder,
  'documents.finishFolder': finishFolder,
  'documents.put': putDocument,
  'documents.note': noteFiles,
  'documents.removeFiles': removeFiles,
  'documents.remove': removePlace,
  'embeddings.open': openSpace,
  'embeddings.activate': activateSpace,
  'embeddings.rollback': rollbackSpace,
  'embeddings.drop': dropSpace,
  'embeddings.queue': queueItems,
  'embeddings.save': saveEmbeddings,
  'embeddings.prune': pruneGone,
  'embeddings.retry': retryEmbeddings,
  'embeddings.noteTrial': noteTrial,
  'leases.take': takeLease,
  'leases.release': releaseLease,
  'audit.record': recordAudit,
  'interchange.write': importRows,
  'interchange.keepStates': keepStates,
}
