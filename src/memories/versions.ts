import type { MemoryRow } from './memory.js'

type Version = Pick<MemoryRow, 'version' | 'deleted' | 'validFrom' | 'validTo' | 'recordedAt' | 'expiresAt'>

/** Both clocks of a question: what was true at `validAt`, as the store knew it at `knownAt`. Milliseconds. */
export interface Moment {
  validAt: number
  knownAt: number
}

/** Whether a version speaks about a moment of valid time. A tombstone covers all of it. */
export function covers(version: Pick<Version, 'deleted' | 'validFrom' | 'validTo'>, validAt: number): boolean {
  if (version.deleted === 1) return true
  return (version.validFrom ?? validAt) <= validAt && validAt < (version.validTo ?? Number.POSITIVE_INFINITY)
}

/**
 * The two-clock rule: of the versions recorded by `knownAt`, the highest whose [validFrom, validTo) contains `validAt`;
 * nothing if that is a tombstone. `versions` are those of one chain, highest first. SQL:2011 calls the clocks system
 * and application time; its predicate over non-superseded rows is not used because it loses the past.
 */
export function visibleVersion<V extends Version>(versions: Iterable<V>, at: Moment): V | undefined {
  for (const version of versions) {
    if (version.recordedAt > at.knownAt || !covers(version, at.validAt)) continue
    return version.deleted === 1 ? undefined : version
  }
  return undefined
}

/** From `expiresAt` on a version is not answered with any more, whatever moment the question is about. */
export function isExpired(version: Pick<Version, 'expiresAt'>, now: number): boolean {
  return version.expiresAt !== null && version.expiresAt <= now
}

/** Whether a version leaves nothing of the versions before it to be seen at `knownAt` = now. */
export function coversAllTime(version: Pick<Version, 'deleted' | 'validFrom' | 'validTo'>): boolean {
  return version.deleted === 1 || (version.validFrom === null && version.validTo === null)
}

type Interval = [from: number, to: number]

/**
 * Of versions without a tombstone, highest first, those that are the answer for some moment of valid time: the others
 * are covered by higher ones. Stops reading where nothing is left to be seen.
 */
export function versionsInSight<V extends Pick<Version, 'validFrom' | 'validTo'>>(versions: Iterable<V>): V[] {
  const found: V[] = []
  let covered: Interval[] = []
  for (const version of versions) {
    const own = intervalOf(version)
    if (covered.some((other) => holds(other, own))) continue
    found.push(version)
    covered = union(covered, own)
    if (covered.some((other) => holds(other, always))) break
  }
  return found
}

const always: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

function intervalOf({ validFrom, validTo }: Pick<Version, 'validFrom' | 'validTo'>): Interval {
  return [validFrom ?? always[0], validTo ?? always[1]]
}

function holds([from, to]: Interval, inner: Interval): boolean {
  return from <= inner[0] && inner[1] <= to
}

/** Intervals that do not touch, with one more: those that it touches become one with it. */
function union(intervals: Interval[], [from, to]: Interval): Interval[] {
  const apart: Interval[] = []
  let whole: Interval = [from, to]
  for (const other of intervals) {
    if (other[1] < from || to < other[0]) apart.push(other)
    else whole = [Math.min(whole[0], other[0]), Math.max(whole[1], other[1])]
  }
  return [...apart, whole]
}
