import type { Pooling } from './model-facts.js'

/** What is asked of a model that runs in this process. */
export interface ModelSource {
  model: string
  /** A folder with models, looked into instead of the network. */
  folder?: string | undefined
  pooling: Pooling
}

/** Vectors one after the other, each of the same length. */
export interface FlatVectors {
  values: Float32Array
  dimensions: number
}

export interface TransformersModel {
  vectorsOf(texts: string[]): Promise<FlatVectors>
  close(): Promise<void>
}

/** The part of @huggingface/transformers that is used here. Its own types are the work of seconds to the compiler. */
interface TransformersModule {
  env: { allowRemoteModels: boolean; localModelPath: string }
  pipeline(task: 'feature-extraction', model: string): Promise<Extractor>
}

interface Extractor {
  (texts: string[], options: { pooling: Pooling }): Promise<{ dims: number[]; data: ArrayLike<number> }>
  dispose(): Promise<void>
}

export const packageName = '@huggingface/transformers'

/** Loads a model, from the network at its first use unless there is a folder. Rejects as the package does. */
export async function loadModel({ model, folder, pooling }: ModelSource): Promise<TransformersModel> {
  const { env, pipeline } = (await import('@huggingface/transformers')) as unknown as TransformersModule
  if (folder !== undefined) {
    env.allowRemoteModels = false
    env.localModelPath = folder
  }
  const extract = await pipeline('feature-extraction', model)
  return {
    async vectorsOf(texts) {
      const { dims, data } = await extract(texts, { pooling })
      return { values: Float32Array.from(data), dimensions: dims.at(-1) ?? 0 }
    },
    close: () => extract.dispose(),
  }
}
