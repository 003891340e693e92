import { z } from 'zod'
import type { Guard } from '../access/guard.js'
import { parseName, parseNamespace, spansOf, spansOfAll } from '../access/namespace.js'
import { readable } from '../access/policy.js'
import { isRoot } from '../access/principal.js'
import { invalidInput } from '../errors.js'
import type { JsonObject } from '../json.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { AuditQuery } from '../storage/audit-store.js'
import type { Storage } from '../storage/storage.js'
import { toMillis } from '../time.js'
import { type AuditEntry, type AuditRow, auditOperations, auditSubjects, toAuditEntry } from './audit.js'

export const auditListSchema = z.strictObject({
  namespace: z.string().optional(),
  key: z.string().optional(),
  subject: z.enum(auditSubjects).optional(),
  operation: z.enum(auditOperations).optional(),
  outcome: z.enum(['ok', 'forbidden']).optional(),
  session: z.string().optional(),
  task: z.string().optional(),
  agent: z.string().optional(),
  since: z.union([z.date(), z.string(), z.number()]).optional(),
  limit: z.number().int().min(1).max(1000).optional(),
  cursor: z.string().optional(),
})

/** Which lines: of a namespace and below, of one memory (with `key`), of a session, task or agent, of a kind, since a time. */
export type AuditListQuery = z.input<typeof auditListSchema>

/** The trail of changes, refusals and, when switched on, reads. Append-only. */
export class AuditService {
  readonly #storage: Storage
  readonly #guard: Guard

  constructor({ storage, guard }: { storage: Storage; guard: Guard }) {
    this.#storage = storage
    this.#guard = guard
  }

  /**
   * Newest first. Root sees all; others see the lines of namespaces that they may read. Rejects with `invalid_input`,
   * `forbidden` or `closed`.
   */
  async list(query: AuditListQuery = {}): Promise<Page<AuditEntry>> {
    const { namespace, key, since, cursor, limit = 50, ...filter } = parse(auditListSchema, query, 'audit')
    if (key !== undefined && namespace === undefined) throw invalidInput('A key needs the namespace it is in.')
    if ((filter.session ?? filter.task ?? filter.agent) !== undefined) {
      await this.#guard.demandRoot('read the trail of sessions, tasks and agents', {
        subject: 'store',
        operation: 'list',
      })
    }
    const stored: AuditQuery = { limit: limit + 1, ...(await this.#where(namespace, key)) }
    for (const field of ['subject', 'operation', 'outcome', 'session', 'task', 'agent'] as const) {
      if (filter[field] !== undefined) Object.assign(stored, { [field]: filter[field].normalize('NFC') })
    }
    if (since !== undefined) stored.since = toMillis(since, 'since')
    if (cursor !== undefined) stored.before = decodeCursor(cursor, ['number', 'number']) as [number, number]
    const rows = await this.#storage.audit.list(stored)
    const toEntry = isRoot(this.#guard.caller) ? toAuditEntry : (row: AuditRow) => toEntryForOthers(row, this.#guard)
    return toPage(rows, limit, toEntry, (row) => [row.timestamp, row.id])
  }

  async #where(namespace: string | undefined, key: string | undefined): Promise<Pick<AuditQuery, 'spans' | 'entry'>> {
    if (namespace === undefined) {
      const { caller } = this.#guard
      return isRoot(caller) ? {} : { spans: spansOfAll(readable(caller) ?? []) }
    }
    const parsed = parseNamespace(namespace)
    await this.#guard.demand('read', parsed, { subject: 'store', operation: 'list' })
    return key === undefined
      ? { spans: spansOf(parsed) }
      : { entry: { namespace: parsed, key: parseName(key, 'The key') } }
  }
}

/** Who did it is for all who may read there; what else that principal may do is not, nor where something was copied from. */
function toEntryForOthers(row: AuditRow, guard: Guard): AuditEntry {
  const { principal, detail, ...entry } = toAuditEntry(row)
  const { grants: _, ...who } = principal
  const { from, ...rest } = detail
  const source = entry.operation === 'publish' ? (from as JsonObject | undefined)?.namespace : undefined
  const mayKnow = typeof source !== 'string' || guard.may('read', source)
  return { ...entry, principal: who, detail: mayKnow ? detail : rest }
}
