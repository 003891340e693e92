import type { EmbeddingWorker } from './worker.js'

/** How soon what was written, by any process, is seen to have no vector yet. */
const lookMillis = 250

/** Works in the background without keeping the process alive. Returns what ends it. */
export function startWorker(worker: EmbeddingWorker): () => Promise<void> {
  let under: Promise<void> | undefined
  let stopped = false
  const work = async (): Promise<void> => {
    let more = true
    while (more && !stopped) more = await worker.round()
  }
  const timer = setInterval(() => {
    under ??= work()
      // The store is busy, full or closed: whoever writes is told, and the jobs stay.
      .catch(() => undefined)
      .finally(() => {
        under = undefined
      })
  }, lookMillis).unref()
  return async () => {
    stopped = true
    clearInterval(timer)
    await worker.stop().catch(() => undefined)
    await under
  }
}
