import type { MemoryRow } from './memory.js'
import { coversAllTime, isExpired } from './versions.js'

/** What was taken back, or would be: `to` is the version whose value is there again, null when there is none. */
export interface UndoneChange {
  namespace: string
  key: string
  action: 'delete' | 'restore' | 'rollback'
  /** The version that was the latest. */
  from: number
  to: number | null
}

/** A memory that stays as it is, because somebody else has written to it since. */
export interface SkippedChange {
  namespace: string
  key: string
  version: number
  by: string
  why: 'changed since'
}

/** What `by` has done to one memory since a moment, and how to take it back. */
export type UndoPlan<Row> =
  | { skipped: SkippedChange }
  | {
      undone: UndoneChange
      /** To be appended in this order; null stands for a tombstone. */
      versions: (Row | null)[]
    }

/**
 * Takes the latest versions, as far as they are all `by`'s and since the moment, for undone: what is below them is to be
 * there again. Undefined when there is nothing to take back. `chain` is all of a memory's versions, highest first.
 */
export function planUndo<Row extends MemoryRow>(
  chain: Iterable<Row>,
  { by, since, now }: { by: string; since: number; now: number },
): UndoPlan<Row> | undefined {
  const versions = asFarAsNeeded(chain, since)
  const isTheirs = ({ updatedBy, recordedAt }: Row): boolean => updatedBy === by && recordedAt >= since
  const start = versions.findIndex(isTheirs)
  const [latest] = versions
  if (latest === undefined || start === -1) return undefined
  const length = versions.slice(start).findIndex((version) => !isTheirs(version))
  const before = length === -1 ? [] : stackOf(versions.slice(start + length))
  const [top] = before
  const wasThere = top !== undefined && isThere(top, now)
  // As before, because nothing came of it or somebody has taken it back already.
  if (wasThere ? isSame(latest, top) : !isThere(latest, now)) return undefined
  if (start > 0) return { skipped: skippedFor(latest) }
  const { namespace, key } = latest
  const action = !wasThere ? 'delete' : isThere(latest, now) ? 'rollback' : 'restore'
  const undone = { namespace, key, action, from: latest.version, to: wasThere ? top.version : null } as const
  return { undone, versions: wasThere ? ascending(before) : [null] }
}

/** Down to the first version before the moment that covers all of valid time: what is below it had no say any more. */
function asFarAsNeeded<Row extends MemoryRow>(chain: Iterable<Row>, since: number): Row[] {
  const versions: Row[] = []
  for (const version of chain) {
    versions.push(version)
    if (version.recordedAt < since && coversAllTime(version)) break
  }
  return versions
}

function skippedFor({ namespace, key, version, updatedBy }: MemoryRow): SkippedChange {
  return { namespace, key, version, by: updatedBy, why: 'changed since' }
}

function isThere(version: MemoryRow, now: number): boolean {
  return version.deleted === 0 && !isExpired(version, now)
}

/** The versions that had a say about some moment of valid time: down to one that covers all of it. */
function stackOf<Row extends MemoryRow>(versions: Row[]): Row[] {
  const bottom = versions.findIndex(coversAllTime)
  return bottom === -1 ? versions : versions.slice(0, bottom + 1)
}

/** Lowest first. Where the lowest is not about all time there was nothing beside it, and a tombstone says so. */
function ascending<Row extends MemoryRow>(stack: Row[]): (Row | null)[] {
  const versions = stack.map((version) => (version.deleted === 1 ? null : version)).reverse()
  const bottom = stack.at(-1)
  return bottom && !coversAllTime(bottom) ? [null, ...versions] : versions
}

function isSame(latest: MemoryRow, before: MemoryRow): boolean {
  return (
    latest.deleted === before.deleted &&
    coversAllTime(latest) &&
    coversAllTime(before) &&
    latest.expiresAt === before.expiresAt &&
    latest.type === before.type &&
    latest.value === before.value &&
    latest.metadata === before.metadata
  )
}
