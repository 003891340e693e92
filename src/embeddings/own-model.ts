import { randomUUID } from 'node:crypto'
import { CairnError } from '../errors.js'
import type { NewSpace, SpaceRow } from '../storage/embedding-store.js'
import type { Author, Storage } from '../storage/storage.js'
import type { Embedder } from './embedder.js'
import { migrateCommand } from './migrate-command.js'
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

export interface OwnModelOptions {
  storage: Storage
  models: StoreModels
  now: () => number
  author: () => Author
  /** Whether to do what is due without being asked; `existing`: only in a store that has a space or gets one elsewhere. */
  background: boolean | 'existing'
  /** Is told what becomes of the model. */
  tell?: TellOfModel | undefined
}

type Chosen = EmbeddingModel | NoModel

const restMillis = 5_000

/** The model that a store is worked on with. One that was not named is always that of the active space, if it can be had. */
export class OwnModel {
  readonly #options: OwnModelOptions
  readonly #signal: AbortSignal
  readonly #holder = `${process.pid}:${randomUUID()}`
  #isThere = false
  #chosen: Promise<Chosen> | undefined
  #following: Promise<Chosen> | undefined
  #toldNone = false
  /** When a model that was named and could not be had is looked for again. */
  #chooseAgainAt: number | undefined
  /** The active space whose model could not be taken up. */
  #passed: string | undefined

  constructor(options: OwnModelOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  get isThere(): boolean {
    return this.#isThere
  }

  /** What was chosen last. What failed, such as a store that is locked, may be over when somebody asks again. */
  chosen(): Promise<Chosen> {
    if (this.#chooseAgainAt !== undefined && this.#options.now() >= this.#chooseAgainAt) this.#chosen = undefined
    this.#chosen ??= this.#start().catch((error: unknown) => {
      this.#chosen = undefined
      // Settings that can never be, of which nothing was known before.
      if (error instanceof CairnError && error.code === 'config_invalid')
        this.#tellNone({ reason: error.message, hint: error.hint ?? '' })
      throw error
    })
    return this.#chosen
  }

  /** The model that the handle would have if it were opened now. */
  current(): Promise<Chosen> {
    this.#following ??= this.#follow().finally(() => {
      this.#following = undefined
    })
    return this.#following
  }

  /** Ends what is under way; `rounds` is what works with it. */
  async close(rounds: Promise<void> | undefined): Promise<void> {
    const last = await this.#chosen?.catch(() => undefined)
    if (last !== undefined) await stop(last)
    await Promise.allSettled([rounds, this.#following])
    if (last !== undefined) await close(last)
  }

  async #start(): Promise<Chosen> {
    const { storage, background, author, now, models } = this.#options
    this.#chooseAgainAt = undefined
    const spaces = await storage.embeddings.spaces()
    const chosen = await this.#choose(spaces)
    // Its server may be away.
    if ('reason' in chosen && models.isNamed) this.#chooseAgainAt = now() + restMillis
    if ('reason' in chosen && !spaces.some(isActive)) this.#tellNone(chosen)
    if (background === true && 'space' in chosen && !this.#signal.aborted && spaces.length === 0)
      await storage.embeddings.open({ ...chosen.space, author: author() })
    return chosen
  }

  #tellNone(none: NoModel): void {
    if (this.#toldNone) return
    this.#toldNone = true
    this.#options.tell?.({ what: 'none', ...none })
  }

  async #choose(spaces: SpaceRow[]): Promise<Chosen> {
    const { storage, models, now, author, tell } = this.#options
    const { embedder, reason, hint } = await models.choose(spaces, this.#signal)
    if (embedder === undefined) return { reason, hint }
    this.#isThere = true
    const { encode } = await import('../vectors/codes.js')
    const space = spaceFor(embedder.space, spaces)
    const [{ name }, holder] = [space, this.#holder]
    const worker = new EmbeddingWorker({ storage, embedder, space: name, encode, now, holder, author, tell })
    return { embedder, space, worker, queries: new QueryVectors({ embedder, space: name, now }) }
  }

  async #follow(): Promise<Chosen> {
    const before = await this.chosen()
    const spaces = await this.#options.storage.embeddings.spaces()
    const active = spaces.find(isActive)
    if (active === undefined || isAtWork(before, spaces)) {
      this.#passed = undefined
      return before
    }
    if (active.name === this.#passed) return before
    return (await this.#takeUp(active, spaces, before)) ?? this.#pass(active, spaces, before)
  }

  async #takeUp(active: SpaceRow, spaces: SpaceRow[], before: Chosen): Promise<EmbeddingModel | undefined> {
    // A model that was named stays the one that `migrate` changes over to.
    if (this.#options.models.isNamed) return undefined
    const next = await this.#choose(spaces)
    if ('reason' in next) return undefined
    if (next.space.name !== active.name || this.#signal.aborted) {
      await close(next)
      return undefined
    }
    this.#chosen = Promise.resolve(next)
    await stop(before)
    await close(before)
    this.#options.tell?.({ what: 'changed', space: active.name })
    return next
  }

  #pass(active: SpaceRow, spaces: SpaceRow[], before: Chosen): Chosen {
    this.#passed = active.name
    const why = 'reason' in before ? before : otherModel(before.space, active, spaces)
    this.#options.tell?.({ what: 'other', space: active.name, ...why })
    return before
  }
}

function isActive({ state }: SpaceRow): boolean {
  return state === 'active'
}

/** Whether a model has a space that is to be filled: the active one, or the one that will be. */
function isAtWork(model: Chosen, spaces: SpaceRow[]): boolean {
  return 'space' in model && spaces.some(({ name, state }) => name === model.space.name && state !== 'kept')
}

/** What it holds of a store that is locked ends by itself. */
async function stop(model: Chosen): Promise<void> {
  if ('worker' in model) await model.worker.stop().catch(() => undefined)
}

async function close(model: Chosen): Promise<void> {
  if ('embedder' in model) await model.embedder.close?.()
}

export function howToChange(space: NewSpace): string {
  const command = migrateCommand(space)
  if (command === undefined) return '`cairn.embeddings.migrate()` changes over to it.'
  return `Change over to it: ${command}, or cairn.embeddings.migrate() in a program.`
}

/** Why a model has no part in the vectors of the active space. */
export function otherModel(own: NewSpace, active: SpaceRow, spaces: SpaceRow[]): NoModel {
  const isFilling = spaces.some(({ name, state }) => name === own.name && state === 'filling')
  return {
    reason: `the vectors of the store are of ${active.name}, and this handle has the model of ${own.name}${isFilling ? ', whose space is being filled' : ''}.`,
    hint: isFilling
      ? 'Searches go by words until it is full.'
      : `${howToChange(own)} Or set \`embedder\` to the other model.`,
  }
}
