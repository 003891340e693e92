const firstMillis = 10_000
const longestMillis = 300_000
const jitter = 0.2

/**
 * How long a failed task rests before retry number `retry`, 1 being the first: 10 s, doubling up to 300 s, less up to a
 * fifth, so that tasks which failed together do not all come back together. What is taken off hangs on the task and the try
 * that failed, not on chance: the operation that asks must be repeatable.
 */
export function backoffMillis(retry: number, failed: { id: string; attempt: number }): number {
  const whole = Math.min(longestMillis, firstMillis * 2 ** (retry - 1))
  return Math.round(whole * (1 - jitter * fraction(`${failed.id}/${failed.attempt}`)))
}

/** A number in [0, 1) that a text decides: FNV-1a, and a last step for texts that differ at their end only. */
function fraction(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) >>> 0) / 4_294_967_296
}
