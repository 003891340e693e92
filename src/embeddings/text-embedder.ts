import { CairnError, invalidInput } from '../errors.js'
import type { Embedder, EmbedOptions, SpaceDescription } from './embedder.js'
import { asksForPause, embeddingFailure, faultOf, wasCutOff, wasPaused } from './embedding-failure.js'
import { firstHalf, fitText } from './fit-text.js'
import type { VectorRequest } from './limited.js'
import { type Shortening, unitVector } from './unit-vector.js'

export interface TextEmbedderParts {
  space: SpaceDescription
  batchSize: number
  /** Asks the model, and answers with as many vectors as there are texts. */
  request: VectorRequest
  /** Put before the texts here, unless the request does it. */
  prefixes?: SpaceDescription['prefixes']
  maxTokens?: number
  shortening?: Shortening | undefined
  close?: () => Promise<void>
}

/** What every model takes: with it, one can tell a server in trouble from a text that it does not take. */
const harmless = 'a'

/** How often a text that the model refuses is halved: from 8,192 tokens to 512, the least that servers are set to. */
const mostHalvings = 4
const shortText = 400

/** An embedder from something that answers with vectors: what all models have in common. */
export function textEmbedder(parts: TextEmbedderParts): Embedder {
  const underWay = new Set<AbortController>()
  let closed = false
  return {
    space: parts.space,
    batchSize: parts.batchSize,
    async embed(texts, { kind, signal, patient }) {
      if (closed) throw closedEmbedder()
      const stop = new AbortController()
      const abort = (): void => stop.abort()
      signal?.addEventListener('abort', abort, { once: true })
      if (signal?.aborted) abort()
      underWay.add(stop)
      try {
        return await new Batches(parts, { kind, signal: stop.signal, ...(patient !== undefined && { patient }) }).embed(
          texts,
        )
      } catch (error) {
        throw closed ? closedEmbedder() : error
      } finally {
        underWay.delete(stop)
        signal?.removeEventListener('abort', abort)
      }
    },
    async close() {
      if (closed) return
      closed = true
      for (const stop of underWay) stop.abort()
      await parts.close?.()
    },
  }
}

/** One call of `embed`. */
class Batches {
  readonly #parts: TextEmbedderParts
  readonly #options: EmbedOptions
  #count = 0

  constructor(parts: TextEmbedderParts, options: EmbedOptions) {
    this.#parts = parts
    this.#options = options
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    checkTexts(texts)
    this.#count = texts.length
    const vectors: Float32Array[] = []
    for (let start = 0; start < texts.length; start += this.#parts.batchSize) {
      const batch = texts.slice(start, start + this.#parts.batchSize)
      vectors.push(...(await this.#embedBatch(await Promise.all(batch.map((text) => this.#fit(text))), start)))
    }
    return vectors
  }

  #fit(text: string): Promise<string> {
    const { prefixes, maxTokens } = this.#parts
    // Half a surrogate pair is no character, and a request that holds one is refused as a whole.
    const whole = `${prefixes?.[this.#options.kind] ?? ''}${text.toWellFormed()}`
    return maxTokens === undefined ? Promise.resolve(whole) : fitText(whole, maxTokens)
  }

  async #embedBatch(texts: readonly string[], start: number): Promise<Float32Array[]> {
    try {
      return await this.#ask(texts)
    } catch (error) {
      const fault = faultOf(error)
      if (fault !== 'texts' && fault !== 'unclear') throw error
      await this.#checkServer(error)
      return await this.#oneByOne(texts, start)
    }
  }

  async #ask(texts: readonly string[], probe = false): Promise<Float32Array[]> {
    const { request, space, shortening } = this.#parts
    const answer = await request(texts, { ...this.#options, ...(probe && { probe }) })
    return answer.map((vector) => unitVector(vector, space.dimensions, shortening))
  }

  /** Throws if the server does not even take a harmless text: then the others are not to blame. */
  async #checkServer(reason: unknown): Promise<void> {
    try {
      await this.#ask([harmless], true)
    } catch (error) {
      const fault = faultOf(error)
      const message = reason instanceof Error ? reason.message : String(reason)
      const isGone = fault === 'unclear' || (fault === 'server' && !asksForPause(error) && !wasPaused(error))
      if (isGone && wasCutOff(reason)) throw embeddingFailure('server', message, { cutOff: true, cause: reason })
      if (fault === 'unclear') throw reason
      if (fault !== 'texts') throw error
      throw embeddingFailure('setup', `The model embeds no text at all. ${message}`, {
        hint: 'Choose another model, or see what its server says in its log.',
        cause: reason,
      })
    }
  }

  async #oneByOne(texts: readonly string[], start: number): Promise<Float32Array[]> {
    const vectors: Float32Array[] = []
    for (const [index, text] of texts.entries()) vectors.push(await this.#embedAlone(text, start + index))
    return vectors
  }

  async #embedAlone(text: string, index: number): Promise<Float32Array> {
    let part = text
    for (let halvings = 0; ; halvings++) {
      try {
        const [vector] = await this.#ask([part])
        if (vector !== undefined) return vector
      } catch (error) {
        const fault = faultOf(error)
        if (fault !== 'texts' && fault !== 'unclear') throw error
        if (halvings === mostHalvings || part.length < shortText)
          throw wasCutOff(error) ? error : neverEmbedded({ index, of: this.#count }, error)
      }
      part = firstHalf(part)
    }
  }
}

function checkTexts(texts: readonly unknown[]): void {
  for (const [index, text] of texts.entries()) {
    const wrong = typeof text !== 'string' ? 'is no text' : text.trim() === '' ? 'is empty' : undefined
    if (wrong === undefined) continue
    const which = nameOf({ index, of: texts.length })
    const { message, hint } = invalidInput(
      `${which[0]?.toUpperCase()}${which.slice(1)} ${wrong}, and has no meaning to embed.`,
      'Leave it out.',
    )
    throw new CairnError('invalid_input', message, { hint, details: { index } })
  }
}

interface Place {
  index: number
  of: number
}

/** Whoever embeds one text alone knows which, and tells it in words of its own. */
function nameOf({ index, of }: Place): string {
  return of === 1 ? 'this text' : `text ${index + 1} of ${of}`
}

function neverEmbedded(place: Place, cause: unknown): CairnError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new CairnError('invalid_input', `The model takes other texts, but not ${nameOf(place)}. ${reason}`, {
    hint: 'Leave it out, or embed it with another model.',
    details: { index: place.index },
    cause,
  })
}

function closedEmbedder(): CairnError {
  return new CairnError('closed', 'This embedder has been closed.', { hint: 'Choose it again.' })
}
