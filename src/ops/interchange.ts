import { z } from 'zod'
import { auditOperations, auditSubjects } from '../audit/audit.js'
import { memoryTypes } from '../memories/memory.js'
import { eventTypes, isActor } from '../sessions/event.js'
import { sessionStatuses } from '../sessions/lifecycle.js'
import { storedScopes } from '../sessions/state.js'
import {
  flag,
  id,
  idOrNull,
  json,
  jsonOrNull,
  key,
  namespace,
  object,
  objectOrNull,
  positive,
  segment,
  segmentOrNull,
  text,
  textOrNull,
  time,
  timeOrNull,
  whole,
  wholeOrNull,
} from './interchange-fields.js'

/** Raised when a line changes its meaning. An import takes its own version and older ones. */
export const interchangeVersion = 1

// Every schema reads a record of a file and gives the row that a store holds; see interchange-fields.ts.

/** First line of a file. `scope` is what was asked for: everything, one namespace and below, or one session. */
export const headerRecord = z.strictObject({
  record: z.literal('header'),
  format: z.literal('cairn'),
  version: positive,
  scope: z.strictObject({ namespace: namespace.optional(), session: segment.optional() }),
})

/** Last line of a file. `lines` is how many stand before it, so that a file that was cut off is known as one. */
export const endRecord = z.strictObject({ record: z.literal('end'), lines: whole })

const sessionRecord = z
  .strictObject({
    record: z.literal('session'),
    id: segment,
    app: segment,
    user: segment,
    project: segmentOrNull,
    status: z.enum(sessionStatuses),
    metadata: object,
    lastSeq: whole,
    /** The session that this one is a fork of, and the last event that they share. */
    parent: segmentOrNull,
    forkedAtSeq: wholeOrNull,
    createdAt: time,
    updatedAt: time,
    terminatedAt: timeOrNull,
    archivedAt: timeOrNull,
  })
  .superRefine(({ status, terminatedAt, archivedAt, parent, forkedAtSeq, lastSeq }, context) => {
    const problem = (message: string): void => context.addIssue({ code: 'custom', message })
    if ((status === 'terminated' || status === 'archived') !== (terminatedAt !== null))
      problem('terminatedAt stands with the statuses terminated and archived, and with no other')
    if ((status === 'archived') !== (archivedAt !== null))
      problem('archivedAt stands with the status archived, and with no other')
    if (parent !== null && forkedAtSeq === null) problem('a fork needs forkedAtSeq')
    if ((forkedAtSeq ?? 0) > lastSeq) problem('forkedAtSeq is after lastSeq')
  })

const eventRecord = z.strictObject({
  record: z.literal('event'),
  session: segment,
  seq: positive,
  eventId: id,
  type: z.enum(eventTypes),
  actor: id.refine(isActor, 'is not user, agent, system or tool, optionally with a name'),
  timestamp: time,
  recordedAt: time,
  content: object,
  stateDelta: objectOrNull,
  isFinalResponse: flag,
})

/** What applyHistory has done, so that the same operation is answered, not done, again. */
const operationRecord = z.strictObject({
  record: z.literal('operation'),
  session: segment,
  operationId: id,
  digest: text,
  firstSeq: whole,
  lastSeq: whole,
  branch: textOrNull,
  createdAt: time,
})

const stateRecord = z.strictObject({
  record: z.literal('state'),
  scope: z.enum(storedScopes),
  owner: segment,
  key,
  value: json,
  session: textOrNull,
  updatedAt: time,
})

const originRecord = z.strictObject({
  kind: z.enum(['event', 'memory', 'document']),
  source: object,
  createdAt: time,
  createdBy: text,
})

/** One version of a memory; tombstones are versions, too. */
const memoryRecord = z
  .strictObject({
    record: z.literal('memory'),
    namespace,
    key,
    version: positive,
    chain: text,
    type: z.enum(memoryTypes),
    value: json,
    deleted: flag,
    metadata: object,
    validFrom: timeOrNull,
    validTo: timeOrNull,
    expiresAt: timeOrNull,
    recordedAt: time,
    supersededAt: timeOrNull,
    createdAt: time,
    createdBy: text,
    updatedBy: text,
    origins: z.array(originRecord),
  })
  .superRefine(({ validFrom, validTo, origins }, context) => {
    if (validFrom !== null && validTo !== null && validFrom >= validTo)
      context.addIssue({ code: 'custom', message: 'validFrom must be before validTo' })
    if (new Set(origins.map(({ kind, source }) => `${kind} ${source}`)).size < origins.length)
      context.addIssue({ code: 'custom', message: 'an origin is there twice' })
  })

/** What a task waits for. */
const dependencyRecord = z.strictObject({
  task: id,
  type: z.enum(['sequential', 'parallel']),
  createdAt: time,
  resolvedAt: timeOrNull,
})

const taskRecord = z
  .strictObject({
    record: z.literal('task'),
    id,
    prompt: text,
    agentType: text,
    source: z.enum(['human', 'agent_requirements', 'agent_planner', 'agent_implementation']),
    priority: whole.max(10),
    status: z.enum(['pending', 'blocked', 'ready', 'running', 'completed', 'failed', 'cancelled']),
    input: json,
    result: jsonOrNull,
    error: textOrNull,
    retryCount: whole,
    maxRetries: whole,
    timeoutSeconds: whole.min(60),
    runAfter: timeOrNull,
    deadline: timeOrNull,
    submittedAt: time,
    startedAt: timeOrNull,
    updatedAt: time,
    completedAt: timeOrNull,
    createdBy: text,
    parent: idOrNull,
    session: segmentOrNull,
    app: textOrNull,
    user: textOrNull,
    project: textOrNull,
    claimedBy: textOrNull,
    attempt: whole,
    leaseUntil: timeOrNull,
    metadata: object,
    dependencies: z.array(dependencyRecord),
  })
  .superRefine(({ id, dependencies }, context) => {
    if (dependencies.some(({ task }) => task === id))
      context.addIssue({ code: 'custom', message: 'it depends on itself' })
    if (new Set(dependencies.map(({ task }) => task)).size < dependencies.length)
      context.addIssue({ code: 'custom', message: 'a dependency is there twice' })
  })

const agentRecord = z
  .strictObject({
    record: z.literal('agent'),
    id,
    name: text,
    specialization: textOrNull,
    state: z.enum(['spawning', 'idle', 'busy', 'terminating', 'terminated']),
    model: textOrNull,
    task: idOrNull,
    session: segmentOrNull,
    app: textOrNull,
    user: textOrNull,
    project: textOrNull,
    resourceUsage: object,
    spawnedAt: time,
    heartbeatAt: timeOrNull,
    terminatedAt: timeOrNull,
  })
  .superRefine(({ state, terminatedAt }, context) => {
    if ((state === 'terminated') !== (terminatedAt !== null))
      context.addIssue({ code: 'custom', message: 'terminatedAt stands with the state terminated, and with no other' })
  })

/** The whole state, however the store holds it. */
const checkpointRecord = z.strictObject({
  record: z.literal('checkpoint'),
  task: id,
  iteration: whole,
  state: json,
  session: segmentOrNull,
  createdAt: time,
})

const auditRecord = z.strictObject({
  record: z.literal('audit'),
  timestamp: time,
  subject: z.enum(auditSubjects),
  operation: z.enum(auditOperations),
  outcome: z.enum(['ok', 'forbidden']),
  actor: text,
  principal: object,
  namespace: textOrNull,
  key: textOrNull,
  version: z.number().int().nullable(),
  session: textOrNull,
  task: textOrNull,
  agent: textOrNull,
  occurrences: positive,
  detail: object,
})

/** The kinds of records, in the order of their sections in a file. */
export const recordSchemas = {
  session: sessionRecord,
  event: eventRecord,
  operation: operationRecord,
  state: stateRecord,
  memory: memoryRecord,
  task: taskRecord,
  agent: agentRecord,
  checkpoint: checkpointRecord,
  audit: auditRecord,
}

/** The name of a kind of record. */
export type RecordKind = keyof typeof recordSchemas

export const recordKinds = Object.keys(recordSchemas) as RecordKind[]

/** A record as a file holds it. */
export type InterchangeRecord = z.input<(typeof recordSchemas)[RecordKind]>

/** A record as a store holds it: times in milliseconds, JSON as canonical text, truth as 0 or 1. */
export type InterchangeRow = z.output<(typeof recordSchemas)[RecordKind]>

/** The row of one kind. */
export type RowOf<Kind extends RecordKind> = z.output<(typeof recordSchemas)[Kind]>

/** What a file says about itself. */
export type InterchangeHeader = z.output<typeof headerRecord>
export type InterchangeEnd = z.output<typeof endRecord>

/** What was asked for: everything, a namespace and what is below it, or a session. */
export interface ExportScope {
  namespace?: string
  session?: string
}
