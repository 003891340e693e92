import { setTimeout as sleep } from 'node:timers/promises'
import type { NewSpace, SpaceRow } from '../storage/embedding-store.js'
import { startRounds } from './background.js'
import type { EmbedderCheck } from './check-embedder.js'
import type { EmbedderChoice } from './choose.js'
import { type EmbeddingModel, type NoModel, OwnModel, type OwnModelOptions, otherModel } from './own-model.js'
import { QueryVectors, searchDeadline } from './query-vectors.js'
import type { StoreModels } from './store-models.js'

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
 * vectors of another model that was named keeps them until somebody migrates.
 */
export function embeddingWork(options: OwnModelOptions): EmbeddingWork {
  const { storage, models, background, now } = options
  const closing = new AbortController()
  const { signal } = closing
  const own = new OwnModel(options, signal)
  const others = otherModels({ models, now, signal })
  const round = async (): Promise<boolean> => {
    if (background === 'existing' && (await storage.embeddings.spaces()).length === 0) return false
    const model = await own.current()
    return 'worker' in model && !signal.aborted && model.worker.round()
  }
  // A store that cannot be written has its words; whoever asks for vectors is told why there are none.
  if (background === true) void own.chosen().catch(() => undefined)
  const stopRounds = background ? startRounds(round) : undefined
  return {
    model: () => own.current(),
    async queries(active) {
      const model = await inTime(own.chosen())
      if ('reason' in model) return (await others.queries(active)) ?? model
      others.letGoOf(model.space)
      if (model.space.name === active.name) return model.queries
      return (await others.queries(active)) ?? otherModel(model.space, active, await storage.embeddings.spaces())
    },
    isExpected: () => models.isNamed || own.isThere,
    check: (active) => models.check(active),
    async close() {
      closing.abort()
      const rounds = stopRounds?.()
      await others.close()
      await own.close(rounds)
    },
  }
}

const late: NoModel = {
  reason: `The model was not there within ${searchDeadline / 1_000} seconds.`,
  hint: '`cairn embeddings setup` looks for it.',
}

/** To choose a model may take as long as its server does; who searches does not wait for that. */
async function inTime<T>(choice: Promise<T>): Promise<T | NoModel> {
  const stop = new AbortController()
  const deadline = sleep(searchDeadline, late, { signal: stop.signal }).catch(() => late)
  try {
    return await Promise.race([choice, deadline])
  } finally {
    stop.abort()
  }
}

/** How long a model that could not be had is not looked for again. */
const restMillis = 30_000

/** The model of the space that was active last, where it is not the handle's own. */
function otherModels({ models, now, signal }: { models: StoreModels; now: () => number; signal: AbortSignal }) {
  interface Chosen {
    name: string
    choice: Promise<EmbedderChoice | undefined>
    at: number
    queries?: QueryVectors
  }
  let last: Chosen | undefined
  const close = async (): Promise<void> => {
    const choice = await last?.choice.catch(() => undefined)
    await choice?.embedder?.close?.()
  }
  return {
    close,
    /** One that has become the handle's own is not held twice. */
    letGoOf({ name }: NewSpace): void {
      if (last?.name !== name) return
      void close().catch(() => undefined)
      last = undefined
    },
    async queries(space: SpaceRow): Promise<QueryVectors | undefined> {
      const isStale = last !== undefined && last.queries === undefined && now() > last.at + restMillis
      if (last?.name !== space.name || isStale) {
        void close().catch(() => undefined)
        last = { name: space.name, choice: models.chooseFor(space, signal), at: now() }
      }
      const used = last
      const embedder = (await used.choice)?.embedder
      if (embedder === undefined) return undefined
      used.queries ??= new QueryVectors({ embedder, space: space.name, now })
      return used.queries
    },
  }
}
