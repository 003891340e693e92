import type { Database } from 'better-sqlite3'
import { toFailure } from '../../errors.js'
import { getAgent, listAgents } from './agents-read.js'
import { listAudit } from './audit-read.js'
import { countCheckpointsBesides, getCheckpoint, listCheckpoints } from './checkpoints-read.js'
import { findDocuments, listChunks, listDocuments, listFiles, listFolders } from './documents-read.js'
import { translate } from './driver-errors.js'
import { dueTexts, hasDue } from './embedding-jobs.js'
import { spaceProgress } from './embedding-progress.js'
import { listSpaces } from './embedding-spaces.js'
import { trialDue, trialSample } from './embedding-trial.js'
import type { Reply, Request } from './group-writer.js'
import { storeInfo } from './info-read.js'
import { missingIds } from './interchange-references.js'
import { compareRows } from './interchange-write.js'
import { isLeaseHeld } from './leases.js'
import { getMemory, listMemories, listNamespaces, memoryHistory } from './memories-read.js'
import { compareMoments } from './memory-compare.js'
import { findByOrigin, readOrigins } from './memory-origins.js'
import { previewUndo } from './memory-undo.js'
import { listBuckets, listHistograms, listMetricNames, listPoints } from './metrics-read.js'
import type { ReadQuery } from './operation.js'
import { searchLexical } from './search-read.js'
import { searchSimilar } from './search-similar.js'
import { listChildren, readEvent, readTree } from './session-tree-read.js'
import { getSession, listEvents, listSessions, readState } from './sessions-read.js'
import { run, sql } from './statements.js'
import { lookOut } from './tasks-claim.js'
import { getTask, listDependencies, listTasks } from './tasks-read.js'

/** Every read, by the name under which it can travel to a reader thread. */
export const readQueries = {
  'memories.get': getMemory,
  'memories.list': listMemories,
  'memories.history': memoryHistory,
  'memories.namespaces': listNamespaces,
  'memories.compare': compareMoments,
  'memories.undoPreview': previewUndo,
  'memories.origins': readOrigins,
  'memories.fromOrigin': findByOrigin,
  'sessions.get': getSession,
  'sessions.list': listSessions,
  'sessions.events': listEvents,
  'sessions.state': readState,
  'sessions.children': listChildren,
  'sessions.tree': readTree,
  'sessions.event': readEvent,
  'checkpoints.get': getCheckpoint,
  'checkpoints.list': listCheckpoints,
  'checkpoints.countBesides': countCheckpointsBesides,
  'metrics.points': listPoints,
  'metrics.buckets': listBuckets,
  'metrics.names': listMetricNames,
  'metrics.histograms': listHistograms,
  'documents.list': listDocuments,
  'documents.find': findDocuments,
  'documents.chunks': listChunks,
  'documents.files': listFiles,
  'documents.folders': listFolders,
  'embeddings.spaces': listSpaces,
  'embeddings.progress': spaceProgress,
  'embeddings.due': dueTexts,
  'embeddings.hasDue': hasDue,
  'embeddings.trialDue': trialDue,
  'embeddings.trialSample': trialSample,
  'leases.isHeld': isLeaseHeld,
  'search.lexical': searchLexical,
  'search.similar': searchSimilar,
  'tasks.get': getTask,
  'tasks.list': listTasks,
  'tasks.dependencies': listDependencies,
  'tasks.outlook': lookOut,
  'agents.get': getAgent,
  'agents.list': listAgents,
  'audit.list': listAudit,
  'interchange.missing': missingIds,
  'interchange.compare': compareRows,
  info: storeInfo,
}

/** Runs one read inside one snapshot, however many statements it takes. */
export function runQuery(db: Database, queries: Record<string, ReadQuery>, { id, name, input }: Request): Reply {
  try {
    const query = queries[name]
    if (query === undefined) throw new Error(`no query is named ${name}`)
    return { id, value: inSnapshot(db, () => query(db, input as never)) }
  } catch (error) {
    return { id, failure: toFailure(translate(error, db.name)) }
  }
}

const begin = sql('begin', 'begin')
const commit = sql('commit', 'commit')

export function inSnapshot<T>(db: Database, read: () => T): T {
  run(db, begin, {})
  try {
    return read()
  } finally {
    if (db.inTransaction) run(db, commit, {})
  }
}
