import { CairnError } from '../errors.js'
import type { Embedder } from './embedder.js'
import { faultOf, wasCutOff } from './embedding-failure.js'

/** A question as a vector, or why there is none; `byModel` if the model or its server said so. */
export type QueryVector = { space: string; values: Float32Array } | { missing: string; byModel?: true }

const remembered = 1_000
/** A search waits no longer for a model. */
export const searchDeadline = 2_000
const firstPause = 1_000
const longestPause = 60_000

/** Makes vectors of questions. Those asked lately are remembered; a model that does not answer is left alone for a while. */
export class QueryVectors {
  readonly #embedder: Embedder
  readonly #space: string
  readonly #now: () => number
  readonly #known = new Map<string, Float32Array>()
  #failure: { until: number; pause: number; reason: string } | undefined

  /** `space` is the name of the one that the vectors are for. */
  constructor({ embedder, space, now }: { embedder: Embedder; space: string; now: () => number }) {
    this.#embedder = embedder
    this.#space = space
    this.#now = now
  }

  /**
   * `asker` stands for all who may read the same. A question is remembered for them alone: by an answer while the model is
   * away, others would know what has been asked.
   */
  async of(text: string, asker: string): Promise<QueryVector> {
    // A model finds something near to anything; nothing is meant by signs alone.
    if (!/[\p{L}\p{N}]/u.test(text)) return { missing: 'vector: the question has no words' }
    const question = JSON.stringify([asker, text])
    const vector = this.#known.get(question) ?? (await this.#ask(text))
    if ('missing' in vector) return { missing: `vector: ${vector.missing}`, byModel: true }
    this.#remember(question, vector)
    return { space: this.#space, values: vector }
  }

  /** What a model says of a question may repeat it: that is told to nobody but who asked. */
  async #ask(text: string): Promise<Float32Array | { missing: string }> {
    const before = this.#failure
    if (before && this.#now() < before.until) return { missing: before.reason }
    try {
      const [vector] = await this.#embedder.embed([text], {
        kind: 'query',
        signal: AbortSignal.timeout(searchDeadline),
      })
      if (vector?.length !== this.#embedder.space.dimensions) throw wrongDimension(this.#embedder, vector)
      this.#failure = undefined
      return vector
    } catch (error) {
      // A question that the model refuses, or over which it hangs up, says nothing about others.
      const isOfThis = wasCutOff(error) && faultOf(error) !== 'server'
      if (isOfThis || (error instanceof CairnError && error.code === 'invalid_input'))
        return { missing: messageOf(error) }
      // From the pause before: questions that fail together are one failure.
      const pause = Math.min(longestPause, Math.max(firstPause, (before?.pause ?? 0) * 2))
      const missing = messageOf(error)
      const reason = repeats(missing, text) ? `${this.#embedder.space.model} failed a moment ago` : missing
      this.#failure = { until: this.#now() + pause, pause, reason }
      return { missing }
    }
  }

  #remember(question: string, vector: Float32Array): void {
    this.#known.delete(question)
    this.#known.set(question, vector)
    const [oldest] = this.#known.keys()
    if (this.#known.size > remembered && oldest !== undefined) this.#known.delete(oldest)
  }
}

/** Whether the beginning of a question is in it: what is repeated may have been cut. */
function repeats(message: string, question: string): boolean {
  return wordsOf(message).includes(wordsOf(question).slice(0, 20))
}

function wordsOf(text: string): string {
  return ` ${text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `
}

function wrongDimension({ space }: Embedder, vector: Float32Array | undefined): CairnError {
  const found = vector?.length ?? 0
  return new CairnError('embedding_unavailable', `${space.model} answered ${found} dimensions, not ${space.dimensions}`)
}

function messageOf(error: unknown): string {
  if (error instanceof CairnError && error.code === 'cancelled')
    return `no answer within ${searchDeadline / 1_000} seconds`
  return error instanceof Error ? error.message : String(error)
}
