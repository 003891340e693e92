/** Counts and times what the store does. Only the awaited calls are timed, never the drawing or the pauses. */
export function createMeter() {
  const started = performance.now()
  const writes = { count: 0, calls: 0, ms: 0 }
  const searches = []
  const meter = {
    writes,
    searches,
    /** Milliseconds of the first search, which starts the thread that searches run in. */
    firstSearch: 0,
    async warmUp(call) {
      const start = performance.now()
      await call()
      meter.firstSearch = performance.now() - start
    },
    /** Runs a call that writes `count` things and waits until they are on disk. */
    async write(count, call) {
      const start = performance.now()
      const result = await call()
      writes.ms += performance.now() - start
      writes.count += count
      writes.calls += 1
      return result
    },
    async search(call) {
      const start = performance.now()
      const result = await call()
      searches.push(performance.now() - start)
      return result
    },
    percentile(share) {
      const sorted = searches.toSorted((a, b) => a - b)
      return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    },
    elapsedMs: () => performance.now() - started,
  }
  return meter
}

/**
 * The clock of the store. While a turn is played it shows the time of that turn, so that what the store learns is
 * dated as if it had been there; afterwards it runs on from the end of the conversation.
 */
export function createClock() {
  let base = 0
  let setAt = performance.now()
  return {
    set(time) {
      base = time
      setAt = performance.now()
    },
    now: () => Math.trunc(base + performance.now() - setAt),
  }
}
