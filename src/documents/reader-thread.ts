import { parentPort } from 'node:worker_threads'
import type { MissingInput } from './folder-reader.js'
import { type ReadInput, readDocument } from './read-file.js'
import { lookForMissing, type WalkInput, walkFolder } from './walk-folder.js'

/** A question to the thread, and what comes back. */
export type Job = { id: number } & (
  | { walk: WalkInput; missing?: never; read?: never }
  | { missing: MissingInput; walk?: never; read?: never }
  | { read: ReadInput; walk?: never; missing?: never }
)
export type Answer = { id: number; value: unknown } | { id: number; error: string }

function answer(job: Job): unknown {
  if (job.read) return readDocument(job.read)
  if (job.missing) return lookForMissing(job.missing)
  const steps = walkFolder(job.walk)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

parentPort?.on('message', (job: Job) => {
  try {
    parentPort?.postMessage({ id: job.id, value: answer(job) })
  } catch (error) {
    parentPort?.postMessage({ id: job.id, error: error instanceof Error ? error.message : String(error) })
  }
})
