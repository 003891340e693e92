// Records with all their fields, for tests that change one of them.

const at = '2026-01-01T00:00:00.000Z'
export const later = '2026-01-01T00:00:01.000Z'

type Changes = Record<string, unknown>

export const aSession = (changes: Changes = {}) => ({
  ...{
    record: 'session',
    id: 's1',
    app: 'shop',
    user: 'alice',
    project: null,
    status: 'active',
    metadata: {},
    lastSeq: 2,
  },
  ...{ parent: null, forkedAtSeq: null, createdAt: at, updatedAt: at, terminatedAt: null, archivedAt: null },
  ...changes,
})

export const anEvent = (changes: Changes = {}) => ({
  ...{ record: 'event', session: 's1', seq: 1, eventId: `e${changes.seq ?? 1}`, type: 'message', actor: 'user:alice' },
  ...{ timestamp: at, recordedAt: at, content: { text: 'hello' }, stateDelta: null, isFinalResponse: false },
  ...changes,
})

export const anOperation = (changes: Changes = {}) => ({
  ...{ record: 'operation', session: 's1', operationId: 'op', digest: 'd', firstSeq: 1, lastSeq: 2, branch: null },
  ...{ createdAt: at, ...changes },
})

export const aState = (changes: Changes = {}) => ({
  ...{ record: 'state', scope: 'user', owner: 'alice', key: 'theme', value: 'dark', session: null, updatedAt: at },
  ...changes,
})

export const aMemory = (changes: Changes = {}) => ({
  ...{
    record: 'memory',
    namespace: 'user:alice',
    key: 'tone',
    version: 1,
    chain: 'c1',
    type: 'semantic',
    value: 'warm',
  },
  ...{ deleted: false, metadata: {}, validFrom: null, validTo: null, expiresAt: null, recordedAt: at },
  ...{ supersededAt: null, createdAt: at, createdBy: 'root', updatedBy: 'root', origins: [], ...changes },
})

export const aTask = (changes: Changes = {}) => ({
  ...{
    record: 'task',
    id: 't1',
    prompt: 'do it',
    agentType: 'general',
    source: 'human',
    priority: 5,
    status: 'pending',
  },
  ...{ input: {}, result: null, error: null, retryCount: 0, maxRetries: 3, timeoutSeconds: 60, runAfter: null },
  ...{ deadline: null, submittedAt: at, startedAt: null, updatedAt: at, completedAt: null, createdBy: 'root' },
  ...{ parent: null, session: null, app: null, user: null, project: null, claimedBy: null, attempt: 0 },
  ...{ leaseUntil: null, metadata: {}, dependencies: [], ...changes },
})

export const waitsFor = (...tasks: string[]) => ({
  dependencies: tasks.map((task) => ({ task, type: 'sequential', createdAt: at, resolvedAt: null })),
})

export const anAgent = (changes: Changes = {}) => ({
  ...{ record: 'agent', id: 'a1', name: 'scout', specialization: null, state: 'idle', model: null, task: null },
  ...{ session: null, app: null, user: null, project: null, resourceUsage: {}, spawnedAt: at, heartbeatAt: null },
  ...{ terminatedAt: null, ...changes },
})

export const aCheckpoint = (changes: Changes = {}) => ({
  ...{ record: 'checkpoint', task: 't1', iteration: 1, state: { step: 1 }, session: null, createdAt: at, ...changes },
})

export const anAuditLine = (changes: Changes = {}) => ({
  ...{ record: 'audit', timestamp: at, subject: 'memory', operation: 'create', outcome: 'ok', actor: 'root' },
  ...{ principal: { root: true }, namespace: 'user:alice', key: 'tone', version: 1, session: null, task: null },
  ...{ agent: null, occurrences: 1, detail: {}, ...changes },
})
