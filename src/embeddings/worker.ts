import { CairnError } from '../errors.js'
import type { SpaceRow, TrialSample } from '../storage/embedding-store.js'
import type { Author, Storage } from '../storage/storage.js'
import { embedDue, triedAlone } from './embed-due.js'
import type { Embedder } from './embedder.js'
import { faultOf } from './embedding-failure.js'
import type { TellOfModel } from './model-news.js'
import { trialOthers, trialTexts, trySpace } from './try-space.js'

export interface WorkerOptions {
  storage: Storage
  embedder: Embedder
  /** The name of the space that is filled. */
  space: string
  encode: (vector: Float32Array) => Uint8Array
  now: () => number
  /** Names this process in the lease. */
  holder: string
  author: () => Author
  tell?: TellOfModel | undefined
}

/** What a worker is at. `unavailable`: the model does not answer; it is asked again at `until`. */
export type WorkerState =
  | { state: 'idle' | 'working' | 'elsewhere' }
  | { state: 'unavailable'; reason: string; hint?: string; until: number }

/** Of the one process that fills a space. To fill another takes hours, and the active one must not wait for it. */
export const leaseOf = (space: string): string => `embeddings:${space}`
const leaseMillis = 10_000
const renewMillis = 3_000
const queueAtOnce = 2_000
const fewestToTry = 100

const pruneEveryMillis = 3_600_000
const pruneAtOnce = 2_000
/** That so many vectors are gone is remembered, or a tenth of those there are: whoever holds them in memory reads on from there. */
const fewestGone = 10_000

const firstPause = 1_000
const longestPause = 60_000

/**
 * Gives vectors to what has none in the space of its embedder, one process at a time. A round does what five requests
 * take; what is not stored when the process ends is done by the next one that has the lease.
 */
export class EmbeddingWorker {
  readonly #options: WorkerOptions
  readonly #embedder: Embedder
  readonly #stop = new AbortController()
  #pause = 0
  #isAway = false
  #state: WorkerState = { state: 'idle' }
  #renewing: NodeJS.Timeout | undefined
  #pruneAt = 0
  #begunAt: number | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** How many vectors it has made since it last looked whether the space is to be tried; undefined: it is time to look. */
  #untried: number | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#embedder = heard(options.embedder, () => this.#comeBack())
  }

  get state(): WorkerState {
    return this.#state
  }

  /**
   * Does one round of what is due, after those that were begun before: two at once would take the same jobs. Whether there
   * may be more to do at once. The signal ends it at once, and what it has not stored is done later.
   */
  round(signal?: AbortSignal): Promise<boolean> {
    const round = this.#last.then(() => this.#round(anyOf(this.#stop.signal, signal)))
    this.#last = round.catch(() => undefined)
    return round
  }

  async #round(signal: AbortSignal): Promise<boolean> {
    const { now } = this.#options
    if (this.#state.state === 'unavailable' && now() < this.#state.until) return false
    const space = await this.#findSpace()
    this.#begunAt ??= now()
    const hasDue = space !== undefined && (await this.#hasDue(space))
    if (space === undefined || (!hasDue && !this.#isTimeToPrune())) {
      await this.#rest()
      return false
    }
    if (!(await this.#hold())) {
      this.#state = { state: 'elsewhere' }
      return false
    }
    if (!hasDue) {
      await this.#pruneIfTime(space)
      await this.#rest()
      return false
    }
    this.#state = { state: 'working' }
    return this.#work(space, signal)
  }

  async #hasDue(space: SpaceRow): Promise<boolean> {
    const { storage, now } = this.#options
    if (await storage.embeddings.hasDue({ space: space.name, now: now() })) return true
    if ((await this.#trialDue(space)) !== null) return true
    this.#untried ??= 0
    return false
  }

  async #findSpace(): Promise<SpaceRow | undefined> {
    const spaces = await this.#options.storage.embeddings.spaces()
    return spaces.find(({ name, state }) => name === this.#options.space && state !== 'kept')
  }

  async #work(space: SpaceRow, signal: AbortSignal): Promise<boolean> {
    const { storage, encode, now, author } = this.#options
    const embedder = this.#embedder
    try {
      const allQueued = await storage.embeddings.queue({ space: space.name, limit: queueAtOnce })
      const done = await embedDue({ storage, space: space.name, embedder, encode, now, signal })
      this.#pause = 0
      await this.#tryIfDue(space, done, signal)
      await this.#pruneIfTime(space)
      if (done > 0 || !allQueued) return true
      if (space.state === 'filling')
        await storage.embeddings.activate({ space: space.name, attempts: triedAlone, author: author() })
      await this.#rest()
      return false
    } catch (error) {
      this.#goDown(error)
      // Another process may have a model that answers.
      await this.#letGo()
      return false
    }
  }

  /**
   * How many vectors the space is to be tried with, if it is: looked at when that may be. Those of a space that was never
   * tried are few to count.
   */
  async #trialDue({ name, triedWith }: SpaceRow): Promise<number | null> {
    if (triedWith > 0 && this.#untried !== undefined && this.#untried < Math.max(fewestToTry, triedWith)) return null
    return this.#options.storage.embeddings.trialDue({ space: name, fewest: fewestToTry })
  }

  /** Searches trust a space as far as it was found to know the texts of the store. */
  async #tryIfDue(space: SpaceRow, done: number, signal: AbortSignal): Promise<void> {
    const { storage } = this.#options
    if (this.#untried !== undefined) this.#untried += done
    const vectors = await this.#trialDue(space)
    if (this.#untried === undefined || vectors !== null) this.#untried = 0
    if (vectors === null) return
    const sample = await storage.embeddings.trialSample({ space: space.name, texts: trialTexts, others: trialOthers })
    if (sample === null) return
    await storage.embeddings.noteTrial({ space: space.name, found: await this.#try(sample, space, signal), vectors })
  }

  /** Over a piece of a text a server may fall that has taken the text. That ends no work: it is as it was before. */
  async #try(sample: TrialSample, { found }: SpaceRow, signal: AbortSignal): Promise<number | null> {
    try {
      return await trySpace(this.#embedder, sample, signal)
    } catch (error) {
      if (faultOf(error) !== 'unclear') throw error
      return found
    }
  }

  /** Where only deletions happen, nothing else is due. A process that ends within the hour leaves it to others. */
  #isTimeToPrune(): boolean {
    const { now } = this.#options
    return now() >= Math.max(this.#pruneAt, (this.#begunAt ?? now()) + pruneEveryMillis)
  }

  async #pruneIfTime({ name }: SpaceRow): Promise<void> {
    const { storage, now } = this.#options
    if (now() < this.#pruneAt) return
    this.#pruneAt = now() + pruneEveryMillis
    // What has gone, or was replaced bit by bit, is a reason to look as well.
    this.#untried = undefined
    const { vectors = 0 } = (await storage.embeddings.progress({ space: name })) ?? {}
    const keep = Math.max(fewestGone, Math.floor(vectors / 10))
    // Step by step, as other writers wait meanwhile.
    while ((await storage.embeddings.prune({ keep, limit: pruneAtOnce })) === pruneAtOnce);
  }

  /** Twice as long a pause each time, up to a minute. */
  #goDown(error: unknown): void {
    if (!(error instanceof CairnError)) throw error
    if (error.code === 'closed' || error.code === 'cancelled') {
      this.#state = { state: 'idle' }
      return
    }
    this.#pause = Math.min(longestPause, Math.max(firstPause, this.#pause * 2))
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    this.#state = { state: 'unavailable', reason: error.message, ...hint, until: this.#options.now() + this.#pause }
    // A store that is locked or full says nothing of the model.
    if (this.#isAway || error.code !== 'embedding_unavailable') return
    this.#isAway = true
    this.#options.tell?.({ what: 'away', space: this.#options.space, reason: error.message, ...hint })
  }

  #comeBack(): void {
    if (!this.#isAway) return
    this.#isAway = false
    this.#options.tell?.({ what: 'back', space: this.#options.space })
  }

  async #hold(): Promise<boolean> {
    const { storage, holder, now, space } = this.#options
    const name = leaseOf(space)
    const take = (): Promise<boolean> => storage.leases.take({ name, holder, now: now(), until: now() + leaseMillis })
    if (!(await take())) return false
    // A request may take longer than the lease.
    this.#renewing ??= setInterval(() => void take().catch(() => undefined), renewMillis).unref()
    return true
  }

  async #rest(): Promise<void> {
    this.#state = { state: 'idle' }
    await this.#letGo()
  }

  async #letGo(): Promise<void> {
    if (this.#renewing === undefined) return
    clearInterval(this.#renewing)
    this.#renewing = undefined
    const { storage, holder, space } = this.#options
    await storage.leases.release({ name: leaseOf(space), holder })
  }

  /** Lets go of requests that are under way, and of the lease. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#rest()
  }
}

function anyOf(stop: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? stop : AbortSignal.any([stop, signal])
}

/** Only an answer shows that a model is there: vectors may also come without it, as copies. */
function heard(embedder: Embedder, onAnswer: () => void): Embedder {
  const { space, batchSize } = embedder
  return {
    ...{ space, batchSize },
    async embed(texts, options) {
      const vectors = await embedder.embed(texts, options)
      onAnswer()
      return vectors
    },
  }
}
