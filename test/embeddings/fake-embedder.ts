import { createHash } from 'node:crypto'
import type { Embedder, SpaceDescription } from '../../src/embeddings/embedder.js'

export interface FakeEmbedder extends Embedder {
  /** All texts that were embedded, request by request. */
  readonly asked: string[][]
  /** Replaces what the next requests answer, until it is taken back. */
  answer?: ((texts: readonly string[]) => Promise<Float32Array[]>) | undefined
}

/** Deterministic: the same text has the same vector, and different ones have nothing to do with each other. */
export function fakeEmbedder(changes: Partial<SpaceDescription> & { batchSize?: number } = {}): FakeEmbedder {
  const { batchSize = 4, ...space } = changes
  const asked: string[][] = []
  const fake: FakeEmbedder = {
    space: { provider: 'custom', model: 'fake', dimensions: 8, prefixes: { document: '', query: '' }, ...space },
    batchSize,
    asked,
    async embed(texts) {
      asked.push([...texts])
      return fake.answer ? fake.answer(texts) : texts.map((text) => vectorOf(text, fake.space.dimensions))
    },
  }
  return fake
}

export function vectorOf(text: string, dimensions: number): Float32Array {
  const digest = createHash('shake256', { outputLength: dimensions }).update(text).digest()
  const vector = Float32Array.from(digest, (byte) => byte - 127.5)
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}
