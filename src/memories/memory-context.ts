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

/** Decided before anything is looked up. */
export async function demand(
  { guard }: MemoryContext,
  rights: Right[],
  namespace: string,
  operation: AuditOperation,
): Promise<void> {
  for (const right of rights) {
    if (!guard.may(right, namespace)) await guard.demand(right, namespace, { subject: 'memory', operation })
  }
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
