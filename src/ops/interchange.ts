import { z } from 'zod'
import { auditOperations, auditSubjects } from '../audit/audit.js'
import type { Json } from '../json.js'
import { memoryTypes } from '../memories/memory.js'
import { objectOf } from '../parse.js'
import { eventTypes } from '../sessions/event.js'
import { sessionStatuses } from '../sessions/lifecycle.js'
import { storedScopes } from '../sessions/state.js'

/** Raised when a line changes its meaning. An import takes its own version and older ones. */
export const interchangeVersion = 1

// Times are ISO 8601 in UTC with three digits of milliseconds; null stands for what a store holds as null.
const text = z.string()
const time = z.iso.datetime({ precision: 3 })
const whole = z.number().int().min(0)
const json = z.json() as z.ZodType<Json>
const object = objectOf(json)

/** First line of a file. `scope` is what was asked for: everything, one namespace and below, or one session. */
export const headerRecord = z.strictObject({
  record: z.literal('header'),
  format: z.literal('cairn'),
  version: z.number().int().min(1),
  scope: z.strictObject({ namespace: text.optional(), session: text.optional() }),
})

export const sessionRecord = z.strictObject({
  record: z.literal('session'),
  id: text,
  app: text,
  user: text,
  project: text.nullable(),
  status: z.enum(sessionStatuses),
  metadata: object,
  lastSeq: whole,
  /** The session that this one is a fork of, and the last event that they share. */
  parent: text.nullable(),
  forkedAtSeq: whole.nullable(),
  createdAt: time,
  updatedAt: time,
  terminatedAt: time.nullable(),
  archivedAt: time.nullable(),
})

export const eventRecord = z.strictObject({
  record: z.literal('event'),
  session: text,
  seq: z.number().int().min(1),
  eventId: text,
  type: z.enum(eventTypes),
  actor: text,
  timestamp: time,
  recordedAt: time,
  content: object,
  stateDelta: object.nullable(),
  isFinalResponse: z.boolean(),
})

export const operationRecord = z.strictObject({
  record: z.literal('operation'),
  session: text,
  operationId: text,
  digest: text,
  firstSeq: whole,
  lastSeq: whole,
  branch: text.nullable(),
  createdAt: time,
})

export const stateRecord = z.strictObject({
  record: z.literal('state'),
  scope: z.enum(storedScopes),
  owner: text,
  key: text,
  value: json,
  session: text.nullable(),
  updatedAt: time,
})

const originRecord = z.strictObject({
  kind: z.enum(['event', 'memory', 'document']),
  source: object,
  createdAt: time,
  createdBy: text,
})

/** One version of a memory; tombstones are versions, too. */
export const memoryRecord = z.strictObject({
  record: z.literal('memory'),
  namespace: text,
  key: text,
  version: z.number().int().min(1),
  chain: text,
  type: z.enum(memoryTypes),
  value: json,
  deleted: z.boolean(),
  metadata: object,
  validFrom: time.nullable(),
  validTo: time.nullable(),
  expiresAt: time.nullable(),
  recordedAt: time,
  supersededAt: time.nullable(),
  createdAt: time,
  createdBy: text,
  updatedBy: text,
  origins: z.array(originRecord),
})

export const taskRecord = z.strictObject({
  record: z.literal('task'),
  id: text,
  prompt: text,
  agentType: text,
  source: z.enum(['human', 'agent_requirements', 'agent_planner', 'agent_implementation']),
  priority: z.number().int().min(0).max(10),
  status: z.enum(['pending', 'blocked', 'ready', 'running', 'completed', 'failed', 'cancelled']),
  input: json,
  result: json.nullable(),
  error: text.nullable(),
  retryCount: whole,
  maxRetries: whole,
  timeoutSeconds: whole,
  runAfter: time.nullable(),
  deadline: time.nullable(),
  submittedAt: time,
  startedAt: time.nullable(),
  updatedAt: time,
  completedAt: time.nullable(),
  createdBy: text,
  parent: text.nullable(),
  session: text.nullable(),
  app: text.nullable(),
  user: text.nullable(),
  project: text.nullable(),
  claimedBy: text.nullable(),
  attempt: whole,
  leaseUntil: time.nullable(),
  metadata: object,
  /** What it waits for, by prerequisite. */
  dependencies: z.array(
    z.strictObject({
      task: text,
      type: z.enum(['sequential', 'parallel']),
      createdAt: time,
      resolvedAt: time.nullable(),
    }),
  ),
})

export const agentRecord = z.strictObject({
  record: z.literal('agent'),
  id: text,
  name: text,
  specialization: text.nullable(),
  state: z.enum(['spawning', 'idle', 'busy', 'terminating', 'terminated']),
  model: text.nullable(),
  task: text.nullable(),
  session: text.nullable(),
  app: text.nullable(),
  user: text.nullable(),
  project: text.nullable(),
  resourceUsage: object,
  spawnedAt: time,
  heartbeatAt: time.nullable(),
  terminatedAt: time.nullable(),
})

/** The whole state, however the store holds it. */
export const checkpointRecord = z.strictObject({
  record: z.literal('checkpoint'),
  task: text,
  iteration: whole,
  state: json,
  session: text.nullable(),
  createdAt: time,
})

export const auditRecord = z.strictObject({
  record: z.literal('audit'),
  timestamp: time,
  subject: z.enum(auditSubjects),
  operation: z.enum(auditOperations),
  outcome: z.enum(['ok', 'forbidden']),
  actor: text,
  principal: object,
  namespace: text.nullable(),
  key: text.nullable(),
  version: z.number().int().nullable(),
  session: text.nullable(),
  task: text.nullable(),
  agent: text.nullable(),
  occurrences: z.number().int().min(1),
  detail: object,
})

/** One line of a file, in the order in which the kinds stand in it. */
export const interchangeRecord = z.discriminatedUnion('record', [
  headerRecord,
  sessionRecord,
  eventRecord,
  operationRecord,
  stateRecord,
  memoryRecord,
  taskRecord,
  agentRecord,
  checkpointRecord,
  auditRecord,
])

/** A line of an interchange file as data. */
export type InterchangeRecord = z.output<typeof interchangeRecord>
