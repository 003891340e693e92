import { createHash } from 'node:crypto'
import type { Embedder, EmbedOptions, SpaceDescription } from '../../src/embeddings/embedder.js'

export interface FakeEmbedderOptions {
  dimensions?: number
  batchSize?: number
  model?: string
  /** Runs before each call is answered: to wait, to throw, to look. */
  before?: (texts: readonly string[], options: EmbedOptions) => Promise<void> | void
}

export interface FakeEmbedder extends Embedder {
  /** What it was asked for, call by call. */
  readonly calls: { texts: string[]; kind: EmbedOptions['kind'] }[]
  closed: boolean
}

/** An embedder for tests: the same text always has the same vector, and texts that share words are near to each other. */
export function fakeEmbedder(options: FakeEmbedderOptions = {}): FakeEmbedder {
  const { dimensions = 64, batchSize = 16, model = 'fake', before } = options
  const space: SpaceDescription = { provider: 'custom', model, dimensions, prefixes: { document: '', query: '' } }
  const fake: FakeEmbedder = {
    space,
    batchSize,
    calls: [],
    closed: false,
    async embed(texts, asked) {
      fake.calls.push({ texts: [...texts], kind: asked.kind })
      await before?.(texts, asked)
      return texts.map((text) => Float32Array.from(fakeVector(text, dimensions)))
    },
    async close() {
      fake.closed = true
    },
  }
  return fake
}

/** The sum of a pseudo-random direction for each word, of length 1. */
export function fakeVector(text: string, dimensions: number): number[] {
  const sum = new Array<number>(dimensions).fill(0)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    const direction = directionOf(word, dimensions)
    for (const [index, value] of direction.entries()) sum[index] = (sum[index] ?? 0) + value
  }
  const length = Math.hypot(...sum)
  return sum.map((value) => value / length)
}

const directions = new Map<string, number[]>()

function directionOf(word: string, dimensions: number): number[] {
  const known = directions.get(`${dimensions} ${word}`)
  const direction = known ?? newDirection(word, dimensions)
  directions.set(`${dimensions} ${word}`, direction)
  return direction
}

function newDirection(word: string, dimensions: number): number[] {
  const bytes: number[] = []
  for (let block = 0; bytes.length < dimensions * 2; block++)
    bytes.push(...createHash('sha256').update(`${block}:${word}`).digest())
  return Array.from(
    { length: dimensions },
    (_, index) => ((bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0)) / 32_768 - 1,
  )
}
