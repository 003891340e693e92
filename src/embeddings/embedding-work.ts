import { randomUUID } from 'node:crypto'
import type { NewSpace, SpaceRow } from '../storage/embedding-store.js'
import type { Author, Storage } from '../storage/storage.js'
import { startWorker } from './background.js'
import type { EmbedderCheck } from './check-embedder.js'
import type { EmbedderChoice } from './choose.js'
import type { Embedder } from './embedder.js'
import { QueryVectors } from './query-vectors.js'
import { spaceFor } from './spaces.js'
import { EmbeddingWorker } from './worker.js'

/** Why there is no model, and how to get one. */
export interface NoModel {
  reason: string
  hint: string
}

/** A model at work for a store. */
export interface EmbeddingModel {
  embedder: Embedder
  space: NewSpace
  worker: EmbeddingWorker
  queries: QueryVectors
}

export interface EmbeddingWorkOptions {
  storage: Storage
  /** The model that the store was opened with, or why there is none; asked for once, and given up by the signal. */
  choose: (active: SpaceRow | undefined, signal: AbortSignal) => Promise<EmbedderChoice>
  now: () => number
  check: () => Promise<EmbedderCheck[]>
  author: () => Author
  /** Whether to do what is due without being asked. */
  background: boolean
}

/** What a store does with its model, shared by all its handles. */
export interface EmbeddingWork {
  /** A store may have been opened without a model, or with one that is not there. */
  model(): Promise<EmbeddingModel | NoModel>
  /** What there must be for the model to answer, one thing after another. */
  check(): Promise<EmbedderCheck[]>
  close(): Promise<void>
}

const withoutModel: NoModel = {
  reason: 'The store was opened without an embedding model.',
  hint: "Open it with { embedder: 'ollama' }, or set CAIRN_EMBEDDER.",
}

/** Without a model. */
export const noEmbeddings: EmbeddingWork = {
  model: async () => withoutModel,
  check: async () => [{ what: 'settings', ok: false, says: withoutModel.reason, fix: withoutModel.hint }],
  close: async () => undefined,
}

/**
 * Begins to work in the background when the model is there. A store without vectors gets a space of it; one that has
 * vectors of another model keeps them until somebody migrates.
 */
export function embeddingWork(options: EmbeddingWorkOptions): EmbeddingWork {
  const { storage, choose, now, author, background } = options
  const holder = `${process.pid}:${randomUUID()}`
  const closing = new AbortController()
  const { signal } = closing
  let stop: (() => Promise<void>) | undefined
  const start = async (): Promise<EmbeddingModel | NoModel> => {
    const spaces = await storage.embeddings.spaces()
    const { embedder, reason, hint } = await choose(
      spaces.find(({ state }) => state === 'active'),
      signal,
    )
    if (embedder === undefined) return { reason, hint }
    const { encode } = await import('../vectors/codes.js')
    const space = spaceFor(embedder.space, spaces)
    const worker = new EmbeddingWorker({ storage, embedder, space: space.name, encode, now, holder, author })
    if (background && !signal.aborted && spaces.length === 0)
      await storage.embeddings.open({ ...space, author: author() })
    if (background && !signal.aborted) stop = startWorker(worker)
    return { embedder, space, worker, queries: new QueryVectors({ embedder, space: space.name, now }) }
  }
  let started: Promise<EmbeddingModel | NoModel> | undefined
  const model = (): Promise<EmbeddingModel | NoModel> => {
    // What failed, such as a store that is locked, may be over when somebody asks again.
    started ??= start().catch((error: unknown) => {
      started = undefined
      throw error
    })
    return started
  }
  // A store that cannot be written has its words; whoever asks for vectors is told why there are none.
  if (background) void model().catch(() => undefined)
  return {
    model,
    check: options.check,
    async close() {
      closing.abort()
      const there = await started?.catch(() => undefined)
      if (there === undefined || 'reason' in there) return
      await (stop ? stop() : there.worker.stop())
      await there.embedder.close?.()
    },
  }
}
