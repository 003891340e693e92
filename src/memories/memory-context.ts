import type { Guard } from '../access/guard.js'
import { everything, type Span, spansOf, spansOfAll } from '../access/namespace.js'
import { readable } from '../access/policy.js'
import type { Right } from '../access/principal.js'
import type { AuditOperation } from '../audit/audit.js'
import { CairnError } from '../errors.js'
import type { MemoryAddress } from '../storage/memory-store.js'
import type { Storage } from '../storage/storage.js'

/** What the functions of this folder work with: the parts of a `MemoryService`. */
export interface MemoryContext {
  storage: Storage
  guard: Guard
  newId: () => string
  /** Largest JSON value in bytes of UTF-8. */
  valueBytes: number
}

/** The first of some rights that the caller does not have. Told without waiting, as a write must be. */
export function missingOf({ guard }: MemoryContext, rights: Right[], namespace: string): Right | undefined {
  return rights.find((right) => !guard.may(right, namespace))
}

export function refusal(
  { guard }: MemoryContext,
  right: Right,
  namespace: string,
  operation: AuditOperation,
): Promise<CairnError> {
  return guard.refusal(right, namespace, { subject: 'memory', operation })
}

/** Decided before anything is looked up. */
export async function demandRead(context: MemoryContext, namespace: string, operation: AuditOperation): Promise<void> {
  if (!context.guard.may('read', namespace)) throw await refusal(context, 'read', namespace, operation)
}

/** A namespace and what is below it, or all that the caller may read. */
export function readableSpans({ guard }: MemoryContext, namespace: string | undefined): Span[] {
  if (namespace !== undefined) return spansOf(namespace)
  const namespaces = readable(guard.caller)
  return namespaces === undefined ? [everything] : spansOfAll(namespaces)
}

export function noMemory({ namespace, key }: MemoryAddress, version?: number): CairnError {
  const what = version === undefined ? '' : ` version ${version} of`
  return new CairnError('not_found', `There is no${what === '' ? ' memory' : what} ${namespace} ${key}.`, {
    hint: 'See its history for the versions there are.',
  })
}
