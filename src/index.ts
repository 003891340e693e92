export type { ReadAudit } from './access/guard.js'
export type { Grant, Principal, Right } from './access/principal.js'
export type { AuditEntry, AuditOperation, AuditSubject } from './audit/audit.js'
export type { AuditListQuery, AuditService } from './audit/audit-service.js'
export type { Cairn } from './cairn.js'
export type { ConfigInput } from './config.js'
export type {
  Document,
  DocumentChunk,
  DocumentFolder,
  DocumentStatus,
  DocumentWithChunks,
} from './documents/document.js'
export type { DocumentListQuery, DocumentPlaceOptions, SyncOptions, WatchOptions } from './documents/document-inputs.js'
export type { DocumentService } from './documents/document-service.js'
export type { SkippedFile } from './documents/file-errors.js'
export type { FolderWatcher, WatchEvents } from './documents/folder-watcher.js'
export type { SyncProgress, SyncReport } from './documents/sync-report.js'
export type { EmbedderCheck } from './embeddings/check-embedder.js'
export type { Embedder, EmbedKind, EmbedOptions, Prefixes, SpaceDescription } from './embeddings/embedder.js'
export type { EmbedderInput, EmbedderOptions } from './embeddings/embedder-schema.js'
export type { EmbeddingSpace, EmbeddingStatus } from './embeddings/embedding-service.js'
export type { ModelNews } from './embeddings/model-news.js'
export { CairnError, type ErrorCode, errorCodes } from './errors.js'
export type { Json, JsonObject } from './json.js'
export type { JsonDifference } from './memories/difference.js'
export type { FoundMemory, LookupOptions } from './memories/lookup.js'
export type { Memory, MemoryType } from './memories/memory.js'
export type {
  DiffOptions,
  MemoryChange,
  MemoryDiff,
  NamespaceDiffQuery,
} from './memories/memory-diff.js'
export type {
  CleanupOptions,
  DeleteOptions,
  GetOptions,
  HistoryOptions,
  IfVersion,
  ListQuery,
  NamespacesQuery,
  NewMemoryInput,
  RestoreOptions,
  RollbackOptions,
  UpdateOptions,
} from './memories/memory-inputs.js'
export type { MemoryService } from './memories/memory-service.js'
export type { NamedOrigin, Origin } from './memories/origin.js'
export type { FromOriginQuery, MemoryOrigins, OriginOptions } from './memories/origins.js'
export type { PublishOptions } from './memories/publish.js'
export type { UndoOptions, UndoResult } from './memories/undo.js'
export type { SkippedChange, UndoneChange } from './memories/undo-plan.js'
export type { MetricBucket, MetricPoint, OperationSummary } from './observe/metric.js'
export type {
  MetricLabels,
  MetricNamesQuery,
  MetricQueryInput,
  NewMetricInput,
  OperationsQuery,
} from './observe/metric-inputs.js'
export type { MetricService } from './observe/metric-service.js'
export { detectForeignFormat, type OpenOptions, openCairn, readForeignFile } from './open.js'
export type { ImportProgress } from './ops/import.js'
export type { ImportCounts, ImportReport } from './ops/import-report.js'
export type { DetectedFormat } from './ops/importers/detect-format.js'
export type { ForeignImportOptions, ForeignImportReport } from './ops/importers/foreign-service.js'
export type { ForeignFormat, ForeignRecords } from './ops/importers/importer.js'
export type { ForeignInput } from './ops/importers/importers.js'
export type { ForeignReport, ReportLine } from './ops/importers/report.js'
export type { InterchangeRecord, RecordKind } from './ops/interchange.js'
export type { ExportOptions, ImportFileOptions } from './ops/interchange-service.js'
export type { ImportChunks } from './ops/line-reader.js'
export type { SeededMemory } from './ops/seed.js'
export type { Page } from './page.js'
export type { ContextResult } from './search/context.js'
export type { ContextRef, ContextSection, IncludedItem, LeftItem, LeftReason } from './search/context-fill.js'
export type { ContextOptions } from './search/context-inputs.js'
export type { Evidence, EvidenceName } from './search/pool.js'
export type { SearchOptions, SimilarTo } from './search/search-inputs.js'
export type { DocumentRef, SearchHit, SearchResult } from './search/search-service.js'
export type { Snippet } from './search/snippet.js'
export type { ChildrenQuery, ForkOptions, HistoryChange, RewindOptions } from './sessions/branch-inputs.js'
export type { AppendResult, EventInput, EventType, SessionEvent } from './sessions/event.js'
export type { SessionStatus } from './sessions/lifecycle.js'
export type { Session } from './sessions/session.js'
export type { AppliedHistory, RewoundSession, SessionTree } from './sessions/session-branches.js'
export type {
  AppendOptions,
  EventListQuery,
  NewSessionInput,
  SessionListQuery,
  SetStateOptions,
} from './sessions/session-inputs.js'
export type { SessionService, TerminatedSession } from './sessions/session-service.js'
export type { MergedState, StateScope } from './sessions/state.js'
export type { ReleasedAgents } from './storage/agent-store.js'
export type { StoreInfo } from './storage/storage.js'
export type { Agent, AgentState } from './tasks/agent.js'
export type {
  AgentHeartbeat,
  AgentListQuery,
  AgentService,
  NewAgentInput,
  SilentQuery,
} from './tasks/agent-service.js'
export type { Checkpoint, CheckpointSummary } from './tasks/checkpoint.js'
export type { CheckpointListQuery, PruneOptions, PutOptions } from './tasks/checkpoint-inputs.js'
export type { CheckpointService } from './tasks/checkpoint-service.js'
export type {
  Dependency,
  Task,
  TaskDependencies,
  TaskSource,
  TaskStatus,
  TaskWithSession,
} from './tasks/task.js'
export type {
  CancelOptions,
  ClaimOptions,
  DeadLetterQuery,
  FailOptions,
  NewTaskInput,
  ReprocessQuery,
  TaskAttempt,
  TaskHeartbeatOptions,
  TaskListQuery,
  TaskPageOptions,
  WaitOptions,
  WorkOptions,
} from './tasks/task-inputs.js'
export type { CancelledTask, TaskService } from './tasks/task-service.js'
export type { TaskHandler, WorkDone } from './tasks/work-loop.js'
export type { TimeInput } from './time.js'
