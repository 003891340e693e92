import { isDeepStrictEqual } from 'node:util'
import type { Database } from 'better-sqlite3'
import { compareBytes } from '../../access/namespace.js'
import { decodeJson } from '../../json.js'
import type { MemoryRow } from '../../memories/memory.js'
import type { ComparedMoments, MemoryPair } from '../memory-change-store.js'
import type { MomentInput } from '../memory-store.js'
import { listMemories } from './memories-read.js'

const batch = 500

/** Both lists are in key order, so one walk along both finds what differs. */
export function compareMoments(db: Database, query: ComparedMoments): MemoryPair[] {
  const before = visibleAt(db, query, query.from)
  const after = visibleAt(db, query, query.to)
  const found: MemoryPair[] = []
  let [left, right] = [before.next().value, after.next().value]
  while ((left || right) && found.length < query.limit) {
    const order = inOrder(left, right)
    const pair = { before: order <= 0 ? left : undefined, after: order >= 0 ? right : undefined }
    if (!hasSameContent(pair)) found.push(pair)
    if (order <= 0) left = before.next().value
    if (order >= 0) right = after.next().value
  }
  return found
}

function* visibleAt(
  db: Database,
  { spans, now, after }: ComparedMoments,
  moment: MomentInput,
): Generator<MemoryRow, undefined> {
  for (let last = after; ; ) {
    const rows = listMemories(db, { spans, order: 'key', now, moment, limit: batch, ...(last && { after: last }) })
    yield* rows
    const end = rows.at(-1)
    if (end === undefined || rows.length < batch) return undefined
    last = [end.namespace, end.key]
  }
}

function inOrder(left: MemoryRow | undefined, right: MemoryRow | undefined): number {
  if (left === undefined || right === undefined) return left === undefined ? 1 : -1
  return compareBytes(left.namespace, right.namespace) || compareBytes(left.key, right.key)
}

/** Another version with the same content is no difference. */
function hasSameContent({ before, after }: MemoryPair): boolean {
  if (before === undefined || after === undefined) return false
  if (before.version === after.version && before.chain === after.chain) return true
  return (
    before.type === after.type && isSameJson(before.value, after.value) && isSameJson(before.metadata, after.metadata)
  )
}

function isSameJson(a: string, b: string): boolean {
  return a === b || isDeepStrictEqual(decodeJson(a), decodeJson(b))
}
