import type { AuditEntry, AuditOperation, AuditSubject } from '../audit/audit.js'
import type { MemoryType } from '../memories/memory.js'
import type { NamespaceDiffQuery } from '../memories/memory-diff.js'
import type { ForeignFormat } from '../ops/importers/importer.js'
import type { SearchHit } from '../search/search-service.js'
import type { EventType } from '../sessions/event.js'
import type { SessionStatus } from '../sessions/lifecycle.js'
import type { AgentState } from '../tasks/agent.js'
import type { TaskSource, TaskStatus } from '../tasks/task.js'

/** The names of a union, for help texts and checks. One that is missing or too many does not compile. */
function namesOf<Name extends string>(names: Record<Name, true>): Name[] {
  return Object.keys(names) as Name[]
}

export const memoryTypes = namesOf<MemoryType>({ semantic: true, episodic: true, procedural: true })

export const eventTypes = namesOf<EventType>({
  message: true,
  action: true,
  tool_call: true,
  reflection: true,
  state_change: true,
})

export const sessionStatuses = namesOf<SessionStatus>({
  created: true,
  active: true,
  paused: true,
  terminated: true,
  archived: true,
})

export const taskStatuses = namesOf<TaskStatus>({
  pending: true,
  blocked: true,
  ready: true,
  running: true,
  completed: true,
  failed: true,
  cancelled: true,
})

export const taskSources = namesOf<TaskSource>({
  human: true,
  agent_requirements: true,
  agent_planner: true,
  agent_implementation: true,
})

export const agentStates = namesOf<AgentState>({
  spawning: true,
  idle: true,
  busy: true,
  terminating: true,
  terminated: true,
})

export const searchKinds = namesOf<SearchHit['kind']>({ memory: true, event: true, document: true })

export const diffClocks = namesOf<NonNullable<NamespaceDiffQuery['clock']>>({ knownAt: true, validAt: true })

export const auditOutcomes = namesOf<AuditEntry['outcome']>({ ok: true, forbidden: true })

export const auditSubjects = namesOf<AuditSubject>({
  memory: true,
  session: true,
  event: true,
  state: true,
  task: true,
  agent: true,
  checkpoint: true,
  document: true,
  store: true,
})

export const auditOperations = namesOf<AuditOperation>({
  create: true,
  update: true,
  delete: true,
  restore: true,
  rollback: true,
  expire: true,
  purge: true,
  publish: true,
  consolidate: true,
  resolve: true,
  append: true,
  status: true,
  terminate: true,
  archive: true,
  read: true,
  list: true,
  search: true,
  export: true,
  import: true,
})

export const foreignFormats = namesOf<ForeignFormat>({
  abathur: true,
  chatgpt: true,
  claude: true,
  jsonl: true,
  langgraph: true,
  'mcp-memory': true,
  mem0: true,
})

/** What import reads. */
export const importFormats = ['cairn', ...foreignFormats] as const
