import { parentPort, workerData } from 'node:worker_threads'
import { type FlatVectors, loadModel, type ModelSource, type TransformersModel } from './transformers-model.js'

export interface Job {
  id: number
  texts: string[]
}
/** `missing` when the package is not installed, `load` when there is no model, `run` when it stumbled over the texts. */
export type ThreadFault = 'missing' | 'load' | 'run'
export type Answer = { id: number; vectors: FlatVectors } | { id: number; fault: ThreadFault; reason: string }

let loading: Promise<TransformersModel> | undefined

async function answer({ id, texts }: Job): Promise<Answer> {
  let fault: ThreadFault = 'load'
  try {
    loading ??= loadModel(workerData as ModelSource)
    const model = await loading
    fault = 'run'
    return { id, vectors: await model.vectorsOf(texts) }
  } catch (error) {
    // The next job tries to load it again: the network may be back.
    if (fault === 'load') loading = undefined
    return {
      id,
      fault: isMissing(error) ? 'missing' : fault,
      reason: error instanceof Error ? error.message : String(error),
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}

let last: Promise<unknown> = Promise.resolve()
parentPort?.on('message', (job: Job) => {
  last = last.then(async () => parentPort?.postMessage(await answer(job)))
})
