import { CairnError } from '../errors.js'
import type { Embedder, EmbedKind } from './embedder.js'

/** A text's vector, or why it never has one. */
export type Embedded = { vector: Float32Array } | { error: string }

export interface EmbedTextsOptions {
  /** Default document. */
  kind?: EmbedKind
  signal?: AbortSignal | undefined
  /** Whether to wait for the pauses that a server asks for. Default: for documents. */
  patient?: boolean
}

/**
 * The vectors of texts, in order. When the model refuses a batch, the texts that it refuses are found by halves, and the
 * others get theirs. Rejects with `embedding_unavailable` when nothing can be said of any text now, and with `cancelled`.
 */
export async function embedTexts(
  embedder: Embedder,
  texts: readonly string[],
  options: EmbedTextsOptions = {},
): Promise<Embedded[]> {
  const { kind = 'document', signal, patient } = options
  try {
    const vectors = await embedder.embed(texts, {
      kind,
      ...(signal && { signal }),
      ...(patient !== undefined && { patient }),
    })
    return check(embedder, texts, vectors).map((vector) => ({ vector }))
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (texts.length === 1) return [{ error: error.message }]
    const middle = texts.length >> 1
    const first = await embedTexts(embedder, texts.slice(0, middle), options)
    return first.concat(await embedTexts(embedder, texts.slice(middle), options))
  }
}

function isRefusal(error: unknown): error is CairnError {
  return error instanceof CairnError && error.code === 'invalid_input'
}

/** Whatever an embedder says of itself, nothing wrong is ever stored. */
function check({ space }: Embedder, texts: readonly string[], vectors: Float32Array[]): Float32Array[] {
  if (vectors.length !== texts.length)
    throw unusable(`${space.model} answered ${vectors.length} vectors for ${texts.length} texts`)
  for (const vector of vectors) {
    if (vector.length !== space.dimensions)
      throw unusable(`${space.model} answered ${vector.length} dimensions, not ${space.dimensions}`)
    const length = Math.hypot(...vector)
    if (!(Math.abs(length - 1) < 0.01)) throw unusable(`${space.model} answered a vector of length ${length}, not 1`)
  }
  return vectors
}

function unusable(what: string): CairnError {
  return new CairnError('embedding_unavailable', `${what}; nothing was stored.`, {
    hint: '`cairn embeddings setup` checks the model.',
  })
}
