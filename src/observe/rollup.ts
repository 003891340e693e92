import { CairnError } from '../errors.js'
import type { Storage } from '../storage/storage.js'
import type { OperationTimes } from './operation-times.js'

export interface RollupOptions {
  storage: Storage
  times: OperationTimes
  now: () => number
  /** Names this process in the lease. */
  holder: string
  /** How long measurements are kept; 0 is for ever. */
  metricsDays: number
}

const minuteMillis = 60_000
const dayMillis = 86_400_000
const pruneBatch = 1_000
/** A store that has kept too much for long is not cleaned in one go. */
const batchesAtOnce = 10

/**
 * Adds what this process measured in the last minute to the store's histograms; each minute one of the processes on a
 * store removes what is too old. Writes nothing when nothing was measured. What cannot be stored now is kept for later.
 */
export async function rollUp(options: RollupOptions): Promise<void> {
  try {
    const now = options.now()
    if (await addUp(options, now)) await pruneIfFirst(options, now)
  } catch (error) {
    // The store is busy, full, read-only or closed: its callers are told, and measuring must not disturb them.
    if (!(error instanceof CairnError)) throw error
  }
}

/** Whether there was anything to add. */
async function addUp({ storage, times }: RollupOptions, now: number): Promise<boolean> {
  const histograms = times.take()
  if (histograms.length === 0) return false
  const middle = now - minuteMillis / 2
  try {
    await storage.metrics.addHistograms({ minute: middle - (middle % minuteMillis), histograms })
    return true
  } catch (error) {
    times.putBack(histograms)
    throw error
  }
}

async function pruneIfFirst(options: RollupOptions, now: number): Promise<void> {
  const lease = { name: 'metrics.prune', holder: options.holder, now, until: now + minuteMillis - 1_000 }
  if (await options.storage.leases.take(lease)) await prune(options, now)
}

async function prune({ storage, metricsDays }: RollupOptions, now: number): Promise<void> {
  if (metricsDays === 0) return
  const before = now - metricsDays * dayMillis
  for (let batch = 0; batch < batchesAtOnce; batch++) {
    if ((await storage.metrics.prune({ before, limit: pruneBatch })) < pruneBatch) return
  }
}

/**
 * Rolls up once a minute, without keeping the process alive, and at the end if the process was there for a minute: a
 * command that does one thing leaves nothing. Returns what ends it.
 */
export function startRollup(options: RollupOptions): () => Promise<void> {
  const start = performance.now()
  const timer = setInterval(() => void rollUp(options), minuteMillis)
  timer.unref()
  return async () => {
    clearInterval(timer)
    if (performance.now() - start >= minuteMillis) await rollUp(options)
  }
}
