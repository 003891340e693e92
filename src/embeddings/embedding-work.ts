import { randomUUID } from 'node:crypto'
import type { NewSpace, SpaceRow } from '../storage/embedding-store.js'
import type { Author, Storage } from '../storage/storage.js'
import { startWorker, whenThereIsASpace } from './background.js'
import type { EmbedderCheck } from './check-embedder.js'
import type { EmbedderChoice } from './choose.js'
import type { Embedder } from './embedder.js'
import type { TellOfModel } from './model-news.js'
import { QueryVectors } from './query-vectors.js'
import { spaceFor } from './spaces.js'
import type { StoreModels } from './store-models.js'
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
  models: StoreModels
  now: () => number
  author: () => Author
  /** Whether to do what is due without being asked; `existing`: only in a store that has a space or gets one elsewhere. */
  background: boolean | 'existing'
  /** Is told what becomes of the model. */
  tell?: TellOfModel | undefined
}

/** What a store does with its model, shared by all its handles. */
export interface EmbeddingWork {
  /** A store may have been opened without a model, or with one that is not there. */
  model(): Promise<EmbeddingModel | NoModel>
  /**
   * Makes vectors of questions for the active space, or says why there are none. While the space of this handle's model is
   * being filled, that is another model, if it can be asked.
   */
  queries(active: SpaceRow): Promise<QueryVectors | NoModel>
  /** Whether searches may be expected to go by vectors: a model was named, or is there. */
  isExpected(): boolean
  /** What there must be for the model to answer, one thing after another. */
  check(active: SpaceRow | undefined): Promise<EmbedderCheck[]>
  close(): Promise<void>
}

const withoutModel: NoModel = {
  reason: 'The store was opened without an embedding model.',
  hint: "Open it with { embedder: 'ollama' }, or set CAIRN_EMBEDDER.",
}

/** Without a model. */
export const noEmbeddings: EmbeddingWork = {
  model: async () => withoutModel,
  queries: async () => withoutModel,
  isExpected: () => false,
  check: async () => [{ what: 'settings', ok: false, says: withoutModel.reason, fix: withoutModel.hint }],
  close: async () => undefined,
}

/**
 * Begins to work in the background when the model is there. A store without vectors gets a space of it; one that has
 * vectors of another model keeps them until somebody migrates.
 */
export function embeddingWork(options: EmbeddingWorkOptions): EmbeddingWork {
  const { storage, models, now, author, background, tell } = options
  const holder = `${process.pid}:${randomUUID()}`
  const closing = new AbortController()
  const { signal } = closing
  let stop: (() => Promise<void>) | undefined
  let isThere = false
  const start = async (): Promise<EmbeddingModel | NoModel> => {
    const spaces = await storage.embeddings.spaces()
    const { embedder, reason, hint } = await models.choose(
      spaces.find(({ state }) => state === 'active'),
      signal,
    )
    if (embedder === undefined) return { reason, hint }
    isThere = true
    const { encode } = await import('../vectors/codes.js')
    const space = spaceFor(embedder.space, spaces)
    const worker = new EmbeddingWorker({ storage, embedder, space: space.name, encode, now, holder, author, tell })
    if (background === true && !signal.aborted && spaces.length === 0)
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
  const others = otherModels({ models, now, signal })
  // A store that cannot be written has its words; whoever asks for vectors is told why there are none.
  if (background === true) void model().catch(() => undefined)
  const stopLooking = background === 'existing' ? whenThereIsASpace(storage, model) : undefined
  return {
    model,
    async queries(active) {
      const own = await model()
      if ('reason' in own) return (await others.queries(active)) ?? own
      if (own.space.name === active.name) return own.queries
      return (await others.queries(active)) ?? (await anotherModel(storage, own.space, active))
    },
    isExpected: () => models.isNamed || isThere,
    check: (active) => models.check(active),
    async close() {
      closing.abort()
      stopLooking?.()
      await others.close()
      const there = await started?.catch(() => undefined)
      if (there === undefined || 'reason' in there) return
      await (stop ? stop() : there.worker.stop())
      await there.embedder.close?.()
    },
  }
}

/** The model of the space that was active last, where it is not the handle's own. */
function otherModels({ models, now, signal }: { models: StoreModels; now: () => number; signal: AbortSignal }) {
  let last: { name: string; choice: Promise<EmbedderChoice | undefined>; queries?: QueryVectors } | undefined
  const close = async (): Promise<void> => {
    const choice = await last?.choice.catch(() => undefined)
    await choice?.embedder?.close?.()
  }
  return {
    close,
    async queries(space: SpaceRow): Promise<QueryVectors | undefined> {
      if (last?.name !== space.name) {
        void close()
        last = { name: space.name, choice: models.chooseFor(space, signal) }
      }
      const used = last
      const embedder = (await used.choice)?.embedder
      if (embedder === undefined) return undefined
      used.queries ??= new QueryVectors({ embedder, space: space.name, now })
      return used.queries
    },
  }
}

async function anotherModel(storage: Storage, own: NewSpace, active: SpaceRow): Promise<NoModel> {
  const spaces = await storage.embeddings.spaces()
  const isFilling = spaces.some(({ name, state }) => name === own.name && state === 'filling')
  return {
    reason: `the vectors of the store are of ${active.name}, and this handle has the model of ${own.name}${isFilling ? ', whose space is being filled' : ''}.`,
    hint: isFilling
      ? 'Searches go by words until it is full.'
      : '`cairn.embeddings.migrate()` changes over to it, or open the store with the other model.',
  }
}
