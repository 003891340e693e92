/** What makes vectors comparable: vectors of different spaces never mix. */
export interface SpaceDescription {
  provider: 'ollama' | 'openai' | 'transformers' | 'custom'
  model: string
  dimensions: number
  /** Put before each text of a kind. */
  prefixes: { document: string; query: string }
}

export type EmbedKind = 'document' | 'query'

export interface Embedder {
  readonly space: SpaceDescription
  /** How many texts a request may hold at most. */
  readonly batchSize: number
  /**
   * One unit vector for each text, in order. Rejects with `embedding_unavailable` (the server is gone, slow or overloaded),
   * `invalid_input` for texts that can never be embedded, `cancelled` when the signal aborts.
   */
  embed(texts: readonly string[], options: { kind: EmbedKind; signal?: AbortSignal }): Promise<Float32Array[]>
  close?(): Promise<void>
}
