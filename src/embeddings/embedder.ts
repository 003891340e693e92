/** What makes vectors comparable: vectors of different spaces never mix. */
export interface SpaceDescription {
  provider: 'ollama' | 'openai' | 'transformers' | 'custom'
  model: string
  dimensions: number
  /** Put before each text of a kind. */
  prefixes: Prefixes
}

/** What a model wants to read before a text that is searched, and before one that searches. */
export interface Prefixes {
  document: string
  query: string
}

/** Models are trained to bring a question near to its answer, not to other questions; so they are told which it is. */
export type EmbedKind = 'document' | 'query'

export interface EmbedOptions {
  kind: EmbedKind
  signal?: AbortSignal
  /** Whether to wait for the end of the pauses that a server asks for that gets too many requests. Default: for documents. */
  patient?: boolean
}

/** Turns texts into vectors. */
export interface Embedder {
  readonly space: SpaceDescription
  /** Texts that are worth sending at once. More are sent in several requests, one after the other. */
  readonly batchSize: number
  /**
   * One unit vector for each text, in order; the prefix of its kind is put before each. A text over the model's limit is
   * cut. Rejects with `embedding_unavailable` while there is no model to ask (`details.retryable`: whether waiting helps,
   * at best for `details.retryAfterMs`; otherwise somebody has to do what the hint says), `invalid_input` for a text that
   * can never be embedded (`details.index` says which), `cancelled` when the signal aborts, `closed` after `close`.
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]>
  /** Gives up what is under way, and whatever the model holds. */
  close?(): Promise<void>
}
