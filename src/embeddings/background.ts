import type { Storage } from '../storage/storage.js'
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

/** Begins to work when the store has a space, without keeping the process alive. Returns what ends the looking. */
export function whenThereIsASpace(storage: Storage, begin: () => Promise<unknown>): () => void {
  const look = async (): Promise<void> => {
    if ((await storage.embeddings.spaces()).length === 0) return
    await begin()
    clearInterval(timer)
  }
  // What failed, such as a store that is locked, is tried again.
  const timer = setInterval(() => void look().catch(() => undefined), lookMillis).unref()
  return () => clearInterval(timer)
}
