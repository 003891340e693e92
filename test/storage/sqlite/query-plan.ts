import type { Database } from 'better-sqlite3'
import { populatedAt } from './populate.js'

export type Values = Record<string, string | number | null>

const name = ':(?<name>[A-Za-z]\\w*)'

/** The names of a statement's parameters; colons inside quoted text are none. */
export function parametersOf(text: string): string[] {
  const found = [...text.replaceAll(/'[^']*'/g, "''").matchAll(new RegExp(name, 'g'))]
  return [...new Set(found.map((match) => match.groups?.name ?? ''))]
}

/** What the planner says it will do: one line for each step. */
export function planOf(db: Database, text: string, values: Values = {}): string[] {
  const given = Object.fromEntries(parametersOf(text).map((parameter) => [parameter, values[parameter] ?? null]))
  const rows = db.prepare<[Values], { detail: string }>(`explain query plan ${text}`).all(given)
  return rows.map(({ detail }) => detail)
}

const search = /^SEARCH \S+ USING (?:COVERING )?INDEX (?<index>\S+) \(/
const byRowId = /^SEARCH (?<table>\S+) USING INTEGER PRIMARY KEY \(/
const byPrimaryKey = /^SEARCH (?<table>\S+) USING PRIMARY KEY \(/
/** The first or last row of a table, by its id. */
const atOneEnd = /^SEARCH (?<table>\S+)$/
/** Steps that touch no table: the plan of a subquery stands below its heading, and is looked at like any other. */
const heading =
  /^(?:SCAN CONSTANT ROW|(?:CORRELATED )?(?:SCALAR|LIST) SUBQUERY \d+|CO-ROUTINE \S+|SCAN \(subquery-\d+\))$/

/** The index that a step searches: its name, `rowid`, or undefined when the step is no search. */
function indexOf(db: Database, step: string): string | undefined {
  const index = search.exec(step)?.groups?.index
  if (index !== undefined) return index.startsWith('sqlite_autoindex_') ? nameOfConstraint(db, index) : index
  if (byRowId.test(step) || atOneEnd.test(step)) return 'rowid'
  const table = byPrimaryKey.exec(step)?.groups?.table
  return table === undefined ? undefined : nameOfConstraint(db, `sqlite_autoindex_${table}_1`)
}

/** An index that SQLite made for a constraint, by what it is on: sessions (id). */
function nameOfConstraint(db: Database, index: string): string {
  const table = /^sqlite_autoindex_(?<table>.+)_\d+$/.exec(index)?.groups?.table
  return `${table} (${columnsOf(db, index).join(', ')})`
}

export function columnsOf(db: Database, index: string): string[] {
  return db
    .prepare<[string], { name: string | null }>('select name from pragma_index_xinfo(?) where key = 1 order by seqno')
    .all(index)
    .map(({ name: column }) => column ?? '(expression)')
}

export interface Plan {
  /** What is searched, in order, each once. */
  indexes: string[]
  /** Steps that are no search on an index: scans and sorts. */
  others: string[]
}

export function readPlan(db: Database, text: string, values: Values): Plan {
  const steps = planOf(db, text, values).filter((step) => !heading.test(step))
  const indexes = steps.flatMap((step) => indexOf(db, step) ?? [])
  return { indexes: [...new Set(indexes)], others: steps.filter((step) => indexOf(db, step) === undefined) }
}

const day = 86_400_000

/** A value of which there is much, and one of which there is little or nothing, for each parameter of any statement. */
const samples: Record<string, [frequent: string | number, rare: string | number]> = {
  after: ['', 'user:u9'],
  activatedAt: [populatedAt, 0],
  afterId: ['', 'z'],
  afterKey: ['', 'k9'],
  afterNamespace: ['user:u1:', 'user:u99'],
  afterPlace: [1, 999],
  afterSource: ['{"path":"docs/0.md"}', '{"path":"none"}'],
  afterTime: [0, populatedAt],
  agent: ['a0', 'none'],
  agentType: ['general', 'none'],
  afterFolder: ['', 'f9'],
  afterPath: ['', 'docs/999.md'],
  app: ['support', 'ops'],
  archivedAt: [populatedAt, 0],
  attempt: [1, 9],
  attempts: [8, 1],
  before: [populatedAt, populatedAt - 399 * day],
  beforeId: ['s999', 's0'],
  beforePlace: [Number.MAX_SAFE_INTEGER, 1],
  beforeTime: [populatedAt, 1],
  below: [3, 2],
  claimedBy: ['a0', 'none'],
  completedAt: [populatedAt, 0],
  bytes: [1, 0],
  by: [10, 1],
  chunks: [1, 0],
  count: [0, 1],
  createdBy: ['user:alice', 'user:nobody'],
  error: ['wrong', 'none'],
  document: ['d1', 'none'],
  eventId: ['e1', 'none'],
  files: ['[]', '[]'],
  folder: ['f0', 'none'],
  forkedAtSeq: [3, 1],
  from: ['user:u1:', 'user:u99:area6'],
  hash: ['0'.repeat(16), 'f'.repeat(16)],
  heading: ['Guide', 'none'],
  heartbeatAt: [populatedAt, 0],
  holder: ['process 1', 'none'],
  identity: ['1:1', '1:2'],
  iteration: [1, 99],
  key: ['k1', 'none'],
  kind: ['memory', 'none'],
  knownAt: [Number.MAX_SAFE_INTEGER, 0],
  lastSeq: [9, 0],
  leaseUntil: [populatedAt, 0],
  limit: [50, 1],
  offset: [0, 100],
  match: ['word1', 'none'],
  ids: ['[1,2,3]', '[]'],
  metadata: ['{"source":["chat"]}', '{"source":["none"]}'],
  minute: [populatedAt, 0],
  modifiedAt: [populatedAt, 0],
  name: ['metric0', 'none'],
  namespace: ['user:u1:area1', 'user:u149:none'],
  now: [populatedAt, 0],
  of: [1, 9e9],
  operation: ['update', 'export'],
  operationId: ['op1', 'none'],
  outcome: ['ok', 'forbidden'],
  owner: ['o0', 'none'],
  path: ['docs/1.md', 'none'],
  parent: ['t0', 'none'],
  priority: [10, 0],
  project: ['p0', 'none'],
  ref: [1, 9e9],
  resourceUsage: ['{}', '{}'],
  result: ['1', 'null'],
  retryCount: [0, 3],
  readAt: [populatedAt, 0],
  root: ['/notes/1', '/none'],
  runAfter: [populatedAt, 0],
  scope: ['session', 'project'],
  session: ['s0', 'none'],
  silentSince: [populatedAt, 0],
  since: [0, populatedAt],
  sha256: ['a', 'b'],
  stamp: ['1 2 3 4', ''],
  startedAt: [populatedAt, 0],
  state: ['idle', 'busy'],
  status: ['archived', 'running'],
  subject: ['memory', 'store'],
  supersededAt: [populatedAt, 0],
  task: ['t0', 'none'],
  textVersion: [1, 2],
  time: [populatedAt, 0],
  title: ['Guide', 'none'],
  terminatedAt: [populatedAt, 0],
  to: ['user:u1;', 'user:u99:area6\u0001'],
  type: ['semantic', 'procedural'],
  until: [9e9, 1],
  upTo: [5, 1],
  updatedAt: [populatedAt, 0],
  user: ['u0', 'nobody'],
  validAt: [populatedAt, 0],
  version: [3, 99],
}

/** Where a parameter of the same name means something else. */
const exceptionsTo: [statement: RegExp, values: Values][] = [
  [/^checkpoints\.(?:list|countBesides|lowest)/, { before: 9, to: 9, keep: 2 }],
  [/^checkpoints\./, { from: 0, to: 3 }],
  [/^metrics\.(?:prune|histograms)/, { before: populatedAt, since: populatedAt }],
  [/^events\./, { after: 0, before: 99, type: 'message' }],
  [/^memories\.history/, { before: 99 }],
  [/^sessions\./, { id: 's1' }],
  [/^tasks\./, { id: 't1', status: 'ready' }],
  [/^agents\./, { id: 'a1' }],
  [/^(?:memories|search)\./, { id: 1 }],
  [/^search\./, { after: 0, below: 1_000, above: 0, from: 1_000, seq: 1, line: 1, chunk: 1 }],
  [/^documents\./, { id: 'd1', namespace: 'project:p1', from: 'project:p1', to: 'project:p1;' }],
  [/^documents\.saveChunk/, { id: 1, position: 1, from: 1, to: 3, tokens: 2, text: 'x' }],
  [/^documents\.(?:files|idsBelow)/, { from: 'docs/', afterPath: 'docs/', to: 'docs0' }],
  [/^documentFolders\./, { id: 'f1', namespace: 'project:p1', from: 'project:p1', to: 'project:p1;' }],
  [
    /^interchange\./,
    { id: 't1', seq: 1, operationId: 'op1', iteration: 1, memory: 1, dependent: 't1', principal: '{}' },
  ],
  [/^interchange\./, { timestamp: populatedAt }],
  [/^interchange\.(?!read\[memory|auditsOfSpan)/, { from: '', to: 'z' }],
  [/^interchange\.read\[audit/, { from: 0 }],
  [/^interchange\.auditById/, { id: 1 }],
  [/^snapshots\./, { after: 0 }],
  [/^sessions\.inherit/, { parent: 's0' }],
  [/^sessions\.handForks/, { after: 1 }],
  [/^memories\.changedSince/, { afterId: 0 }],
  [/^origins\./, { id: 1, kind: 'document', to: '{"q' }],
  [/^embeddings\./, { space: 2, to: 2_000, id: 1, name: 'ollama/model1/8', item: 1_600, unqueuedTo: 0, keep: 1 }],
  [/^embeddings\.noteTrial$/, { space: 'ollama/model1/8', found: 0.5, vectors: 100 }],
  [/^embeddings\.(?:ownedItems|newVector)$/, { from: '[1,2]', length: 10, after: 0, offset: 10 }],
  [/^vectors\./, { space: 1, after: 0, from: 0, to: 9e9 }],
  [/^(?:events\.move|snapshots\.move|state\.hand|sessions\.hand)/, { to: 's2' }],
]

export function samplesFor(statement: string, of: 'frequent' | 'rare'): Values {
  const values = Object.entries(samples).map(([parameter, [frequent, rare]]) => [
    parameter,
    of === 'rare' ? rare : frequent,
  ])
  const special = exceptionsTo.filter(([pattern]) => pattern.test(statement)).map(([, others]) => others)
  return Object.assign(Object.fromEntries(values), ...special)
}
