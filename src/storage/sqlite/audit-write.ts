import type { Database } from 'better-sqlite3'
import type { AuditOperation, AuditSubject } from '../../audit/audit.js'
import type { NewAuditEntry } from '../audit-store.js'
import type { Author } from '../storage.js'
import { run, sql } from './statements.js'

const columns =
  'timestamp, subject, operation, outcome, actor, principal, namespace, key, version, session_id, task_id, agent_id, detail'
const values =
  ':timestamp, :subject, :operation, :outcome, :actor, :principal, :namespace, :key, :version, :session, :task, :agent, :detail'

const insert = sql('audit.insert', `insert into audit (${columns}) values (${values})`)

const count = sql(
  'audit.countRefusal',
  `insert into audit (${columns}) values (${values})
   on conflict (principal, subject, operation, ifnull(namespace, ''), timestamp / 60000) where outcome = 'forbidden'
   do update set occurrences = occurrences + 1`,
)

export interface Trail {
  subject: AuditSubject
  operation: AuditOperation
  namespace?: string
  key?: string
  version?: number
  session?: string
  task?: string
  /** The agent that it is about, where that is not the one who acts. */
  agent?: string
  detail?: string
}

/** Appends the line that every write owes, in the transaction of that write. */
export function audit(db: Database, author: Author, trail: Trail): void {
  run(db, insert, parameters(author, trail, 'ok'))
}

/** Reads and refusals, which have no write of their own. */
export function recordAudit(db: Database, { entry, author }: { entry: NewAuditEntry; author: Author }): null {
  run(db, entry.outcome === 'forbidden' ? count : insert, parameters(author, entry, entry.outcome))
  return null
}

function parameters(author: Author, trail: Trail, outcome: 'ok' | 'forbidden') {
  return {
    timestamp: author.now,
    subject: trail.subject,
    operation: trail.operation,
    outcome,
    actor: author.actor,
    principal: author.principal,
    namespace: trail.namespace ?? null,
    key: trail.key ?? null,
    version: trail.version ?? null,
    session: trail.session ?? null,
    task: trail.task ?? null,
    agent: trail.agent ?? author.agent,
    detail: trail.detail ?? '{}',
  }
}
