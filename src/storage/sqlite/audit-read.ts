import type { Database } from 'better-sqlite3'
import type { AuditRow } from '../../audit/audit.js'
import type { AuditQuery } from '../audit-store.js'
import { all, type Parameters, sqlFamily } from './statements.js'

const leading = {
  time: '',
  operation: 'a.subject = :subject and a.operation = :operation and ',
  entry: 'a.namespace = :namespace and a.key = :key and ',
  span: 'a.namespace >= :from and a.namespace < :to and ',
  session: 'a.session_id = :session and ',
  task: 'a.task_id = :task and ',
  agent: 'a.agent_id = :agent and ',
}
type Leading = keyof typeof leading

/**
 * Newest first along the index of the leading filter; only a span of namespaces has to be sorted. Every other filter is
 * checked on the rows, hence the unary plus.
 */
const list = sqlFamily(
  'audit.list',
  Object.keys(leading) as Leading[],
  (
    shape,
  ) => `select a.id, a.timestamp, a.subject, a.operation, a.outcome, a.actor, a.principal, a.namespace, a.key, a.version,
     a.session_id as session, a.task_id as task, a.agent_id as agent, a.occurrences, a.detail
   from audit a${shape === 'span' ? ' indexed by audit_by_entry' : ''}
   where ${leading[shape]}a.timestamp >= :since and (a.timestamp, a.id) < (:beforeTime, :beforeId)
     and (:subject is null or +a.subject = :subject)
     and (:operation is null or +a.operation = :operation)
     and (:outcome is null or +a.outcome = :outcome)
     and (:session is null or +a.session_id = :session)
     and (:task is null or +a.task_id = :task)
     and (:agent is null or +a.agent_id = :agent)
     and (:namespace is null or +a.namespace = :namespace)
     and (:key is null or +a.key = :key)
   order by a.timestamp desc, a.id desc
   limit :limit`,
)

const max = Number.MAX_SAFE_INTEGER

export function listAudit(db: Database, query: AuditQuery): AuditRow[] {
  const [beforeTime, beforeId] = query.before ?? [max, max]
  const parameters: Parameters = {
    ...{ since: query.since ?? 0, beforeTime, beforeId, limit: query.limit },
    ...{ subject: query.subject ?? null, operation: query.operation ?? null, outcome: query.outcome ?? null },
    ...{ session: query.session ?? null, task: query.task ?? null, agent: query.agent ?? null },
    ...{ namespace: query.entry?.namespace ?? null, key: query.entry?.key ?? null },
  }
  if (query.spans === undefined) return all<AuditRow>(db, list[leadingFilter(query)], parameters)
  const found = query.spans.flatMap(({ from, to }) => all<AuditRow>(db, list.span, { ...parameters, from, to }))
  return found.sort((a, b) => b.timestamp - a.timestamp || b.id - a.id).slice(0, query.limit)
}

function leadingFilter(query: AuditQuery): Leading {
  if (query.entry) return 'entry'
  if (query.session !== undefined) return 'session'
  if (query.task !== undefined) return 'task'
  if (query.agent !== undefined) return 'agent'
  return query.subject !== undefined && query.operation !== undefined ? 'operation' : 'time'
}
