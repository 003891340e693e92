import type { Guard } from '../access/guard.js'
import { isRoot } from '../access/principal.js'
import { CairnError } from '../errors.js'
import { isTrusted } from '../search/fuse.js'
import type { NewSpace, SpaceProgress, SpaceRow, SpaceState } from '../storage/embedding-store.js'
import type { ItemAddress } from '../storage/search-store.js'
import type { Storage } from '../storage/storage.js'
import { toIso } from '../time.js'
import type { EmbedderCheck } from './check-embedder.js'
import type { EmbeddingWork } from './embedding-work.js'
import { type EmbeddingModel, howToChange, type NoModel } from './own-model.js'
import { leaseOf, type WorkerState } from './worker.js'

/** A space, and how far it is. `name` is what `rollback` and `drop` take. */
export interface EmbeddingSpace {
  name: string
  provider: string
  model: string
  dimensions: number
  state: SpaceState
  createdAt: string
  activatedAt: string | null
  vectors: number
  /** What has no vector yet and will get one. */
  waiting: number
  /** Of what is to have a vector, how much has one: 0 to 1. */
  done: number
  /** Of how many texts of the store the model finds the second half by the end of the first: 0 to 1; null when untried. */
  found: number | null
  /**
   * Whether its vectors have a part in searches by words and meaning: not if it finds no more than chance does. Null when
   * untried, while they have a small one.
   */
  trusted: boolean | null
  /** What could not be embedded, the newest hundred with the reason; `retry` tries it again. `item` says in words what it is. */
  failed: number
  failures: { item: string; error: string; attempts: number }[]
  /** Of what is waiting, what has failed and is tried again at `until`; a hundred at most. */
  postponed: { item: string; error: string; attempts: number; until: string }[]
}

export interface EmbeddingStatus {
  /** The model of this handle, whose space is called `name`; or why it has none and how to get one. */
  model: (Pick<EmbeddingSpace, 'name' | 'provider' | 'model' | 'dimensions'> & { worker: WorkerState }) | NoModel
  /** Why the model does not answer, by what the worker of this handle met last, or by `ask`; null when none is known. */
  away: { reason: string; hint?: string } | null
  /** Whether a process embeds now, this one or another. Between two looks for what is due none does. */
  underWay: boolean
  spaces: EmbeddingSpace[]
}

const dropAtOnce = 2_000

/** For a look whether a model answers. */
const harmlessQuestion = 'Where does the way lead?'

/** Who looks at the status waits no longer for a model. */
const askDeadline = 5_000

/** Spaces of vectors, and the work that fills them. Root only; methods reject with a `CairnError`. */
export class EmbeddingService {
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #work: EmbeddingWork

  constructor({ storage, guard, work }: { storage: Storage; guard: Guard; work: EmbeddingWork }) {
    this.#storage = storage
    this.#guard = guard
    this.#work = work
  }

  /** Whether the model answers: what was found, one thing after another, up to the first that is missing, with the way to get it. */
  async check(): Promise<EmbedderCheck[]> {
    await this.#demandRoot('list')
    const spaces = await this.#storage.embeddings.spaces()
    return this.#work.check(spaces.find(({ state }) => state === 'active'))
  }

  /**
   * All spaces, the newest first, and what the worker of this handle is at. With `ask` a model on a server is asked first
   * whether it answers.
   */
  async status({ ask = false }: { ask?: boolean } = {}): Promise<EmbeddingStatus> {
    await this.#demandRoot('list')
    const model = await this.#work.model()
    const spaces = await this.#storage.embeddings.spaces()
    return {
      model: 'reason' in model ? model : shownModel(model),
      away: 'reason' in model ? null : await this.#away(model, ask && spaces.length > 0),
      underWay: (await Promise.all(spaces.map(({ name }) => this.#isFilled(name)))).includes(true),
      spaces: await Promise.all(spaces.map((space) => this.#withProgress(space))),
    }
  }

  /**
   * Begins to fill the space of this handle's model while searches go on using the active one; when it is full it becomes
   * the active one by itself, and the other is kept. The first space of a store is active at once. `embedding_unavailable`
   * while the model does not answer with vectors of its length, and `conflict` while another space is being filled; nothing
   * is begun then.
   */
  async migrate(): Promise<EmbeddingSpace> {
    await this.#demandRoot('update')
    const { space, embedder } = await this.#needModel()
    const spaces = await this.#storage.embeddings.spaces()
    const isOpen = spaces.some(({ name, state }) => name === space.name && state !== 'kept')
    // A space that nothing can fill would be in the way of others.
    if (!isOpen) await keptAlive(() => embedder.embed([harmlessQuestion], { kind: 'query', patient: true }))
    return this.#withProgress(await this.#storage.embeddings.open({ ...space, author: this.#guard.author() }))
  }

  /** Makes a space that was active before the active one again. What came since then gets its vectors in the background. */
  async rollback(space: string): Promise<EmbeddingSpace> {
    if (!isRoot(this.#guard.caller)) throw await this.#refusal('rollback')
    return this.#withProgress(await this.#storage.embeddings.rollback({ space, author: this.#guard.author() }))
  }

  /**
   * Removes a space and its vectors. Without an active space searches go by words alone: with `unlessActive` that one is
   * refused (`illegal_transition`), also if it became active a moment ago.
   */
  async drop(space: string, { unlessActive = false }: { unlessActive?: boolean } = {}): Promise<void> {
    if (!isRoot(this.#guard.caller)) throw await this.#refusal('delete')
    for (let isGone = false; !isGone; )
      isGone = await this.#storage.embeddings.drop({
        space,
        limit: dropAtOnce,
        unlessActive,
        author: this.#guard.author(),
      })
  }

  /** Tries what could not be embedded in a space again, and at once what was to be tried later. Returns how many texts. */
  async retry(space: string): Promise<number> {
    if (!isRoot(this.#guard.caller)) throw await this.#refusal('update')
    return this.#storage.embeddings.retry({ space })
  }

  /**
   * Works here and now until nothing is due in the space of this handle's model, or the signal ends it; while a server asks
   * for a pause (status 429), it waits. Rejects with `embedding_unavailable` when the model does not answer, or eight pauses
   * brought nothing through; with `not_found` in a store without a space for its vectors, and with `busy` while another
   * process does this work. What fails meanwhile is due later, as `postponed` in the status says.
   */
  async run({ signal, onRound }: { signal?: AbortSignal; onRound?: () => void } = {}): Promise<void> {
    await this.#demandRoot('update')
    const { worker, space } = await this.#needModel()
    const spaces = await this.#storage.embeddings.spaces()
    if (!spaces.some(({ name, state }) => name === space.name && state !== 'kept')) throw noSpace(space, spaces)
    await keptAlive(async () => {
      while (!signal?.aborted && (await worker.round(signal))) onRound?.()
    })
    const { state } = worker
    if (state.state === 'unavailable') throw new CairnError('embedding_unavailable', state.reason, { hint: state.hint })
    if (state.state === 'elsewhere')
      throw new CairnError('busy', 'Another process is embedding what is due.', {
        hint: '`cairn embeddings status` shows how far it is. If it was killed, its turn ends within ten seconds.',
        details: { turn: 'embeddings' },
      })
  }

  async #away({ worker, embedder }: EmbeddingModel, ask: boolean): Promise<EmbeddingStatus['away']> {
    const { state } = worker
    if (state.state === 'unavailable') return awayBecause(state.reason, state.hint)
    // In this process there is no server to be away, and to load a model takes long.
    if (!ask || embedder.space.provider === 'transformers') return null
    try {
      await embedder.embed([harmlessQuestion], { kind: 'query', signal: AbortSignal.timeout(askDeadline) })
      return null
    } catch (error) {
      if (!(error instanceof CairnError)) throw error
      // A question that the model refuses says nothing about others.
      if (error.code === 'invalid_input') return null
      if (error.code !== 'cancelled') return awayBecause(error.message, error.hint)
      return awayBecause(
        `${embedder.space.model} did not answer within ${askDeadline / 1_000} seconds.`,
        'It may still be loading; `cairn embeddings setup` looks for it.',
      )
    }
  }

  #isFilled(space: string): Promise<boolean> {
    return this.#storage.leases.isHeld({ name: leaseOf(space), now: this.#guard.now() })
  }

  async #withProgress(space: SpaceRow): Promise<EmbeddingSpace> {
    const { name, provider, model, dimensions, state, createdAt, activatedAt, found } = space
    const progress = (await this.#storage.embeddings.progress({ space: name })) ?? nothing
    const waiting = progress.waiting + progress.unqueued
    const wanted = progress.vectors + waiting
    return {
      ...{ name, provider, model, dimensions, state, createdAt: toIso(createdAt) },
      activatedAt: activatedAt === null ? null : toIso(activatedAt),
      ...{ vectors: progress.vectors, waiting, failed: progress.failed },
      ...{
        done: wanted === 0 ? 1 : progress.vectors / wanted,
        found,
        trusted: found === null ? null : isTrusted({ found }),
      },
      failures: progress.failures.map((failure) => ({ ...failure, item: inWords(failure.item) })),
      postponed: progress.postponed.map(({ item, error, attempts, runAfter }) => ({
        ...{ item: inWords(item), error, attempts, until: toIso(runAfter) },
      })),
    }
  }

  async #needModel(): Promise<EmbeddingModel> {
    // A closed store says so before anything else is said.
    await this.#storage.embeddings.spaces()
    const model = await this.#work.model()
    if ('reason' in model) throw new CairnError('embedding_unavailable', model.reason, { hint: model.hint })
    return model
  }

  async #demandRoot(operation: 'list' | 'update'): Promise<void> {
    if (!isRoot(this.#guard.caller)) throw await this.#refusal(operation)
  }

  #refusal(operation: 'list' | 'update' | 'rollback' | 'delete'): Promise<CairnError> {
    return this.#guard.rootRefusal('manage embeddings', { subject: 'store', operation })
  }
}

/** For whoever waits: the pauses that a server asks for keep no process alive by themselves. */
async function keptAlive<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 60_000)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

function shownModel({ space, worker }: EmbeddingModel): EmbeddingStatus['model'] {
  const { name, provider, model, dimensions } = space
  return { name, provider, model, dimensions, worker: worker.state }
}

function awayBecause(reason: string, hint: string | undefined): { reason: string; hint?: string } {
  return { reason, ...(hint !== undefined && { hint }) }
}

function noSpace(space: NewSpace, spaces: SpaceRow[]): CairnError {
  if (spaces.length === 0)
    return new CairnError('not_found', 'The store has no space for vectors yet, so there is nothing to embed for.', {
      hint: 'Give it one: cairn embeddings setup, or cairn.embeddings.migrate() in a program.',
    })
  const message = `The vectors of this store are not those of ${space.name}, so there is nothing to embed for.`
  return new CairnError('not_found', message, { hint: howToChange(space) })
}

function inWords(item: ItemAddress): string {
  if (item.kind === 'memory') return `the memory ${item.key} in ${item.namespace}, version ${item.version}`
  if (item.kind === 'event') return `event ${item.seq} of the session ${item.session}`
  return `${item.path} in ${item.namespace}, from line ${item.line}`
}

const nothing: SpaceProgress = { vectors: 0, waiting: 0, failed: 0, failures: [], postponed: [], unqueued: 0 }
