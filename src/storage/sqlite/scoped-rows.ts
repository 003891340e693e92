import { inScope, type WorkOwners, type WorkScope } from '../../access/policy.js'

/** The first rows that lie in a scope. No more are read than that takes. */
export function firstInScope<Row extends WorkOwners>(
  rows: Iterable<Row>,
  { scope, limit }: { scope: WorkScope | undefined; limit: number },
): Row[] {
  const found: Row[] = []
  for (const row of rows) {
    if (found.length === limit) break
    if (inScope(row, scope)) found.push(row)
  }
  return found
}
