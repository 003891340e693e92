import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { EmbedderOptions } from '../../src/embeddings/embedder-schema.js'
import { type EmbeddingServer, embeddingServer } from '../helpers/embedding-server.js'
import { fakeVector } from '../helpers/fake-embedder.js'
import { peek } from './inspect.js'

export const dimensions = 32
export const batchSize = 4

export type Model = 'old' | 'new'
export const spaceOf = (model: Model): string => `ollama/${model}/${dimensions}`

export interface ServedModels {
  server: EmbeddingServer
  settings: (model: Model) => EmbedderOptions & { provider: 'ollama' }
  /** The texts of all requests so far. */
  texts: () => string[]
}

/** Two models on a server, whose vectors have nothing in common; `before` runs before each request is answered. */
export async function serveModels(
  before: () => Promise<void> | void = () => undefined,
  port = 0,
): Promise<ServedModels> {
  const server = await embeddingServer({ dimensions, models: ['old', 'new'], port })
  server.misbehave = async ({ body }) => {
    await before()
    return { vectors: () => (body.input ?? []).map((text) => vectorBy(body.model ?? '', text)) }
  }
  return {
    server,
    settings: (model) => ({ provider: 'ollama', url: server.url, model, dimensions, batchSize }),
    texts: () => server.asked.flatMap(({ body }) => body.input ?? []),
  }
}

function vectorBy(model: string, text: string): number[] {
  return fakeVector(
    text.replaceAll(/[\p{L}\p{N}]+/gu, (word) => `${model}${word}`),
    dimensions,
  )
}

interface StoredVector {
  item: number
  namespace: string
  text: string
  hash: Buffer | null
  vector: Buffer | null
  hasJob: number
}

/**
 * Everything has a vector of its own text by this model, once, or is waiting for one. Returns how many have one; the store
 * holds memories alone.
 */
export function expectRightVectors(path: string, model: Model): number {
  const name = spaceOf(model)
  return peek(path, (db) => {
    const rows = db
      .prepare<[string], StoredVector>(
        `select i.id as item, i.namespace, m.key || ': ' || json_extract(m.value, '$') as text, c.text_hash as hash, v.vector,
           i.id <= s.unqueued_to or exists (select 1 from embedding_jobs where space_id = s.id and item = i.id) as hasJob
         from embedding_spaces s
         cross join search_items i
         join memory_entries m on m.id = i.ref
         left join embedding_codes c on c.item = i.id and c.space_id = s.id and c.code is not null
         left join embedding_vectors v on v.change_seq = c.change_seq
         where s.name = ?`,
      )
      .all(name)
    const wrong = rows.filter((row) => !(row.vector ? isRight(row, model) : row.hasJob === 1))
    expect(wrong, 'items with a wrong vector, or with neither a vector nor a job').toEqual([])
    const total = db.prepare('select count(*) from search_items').pluck().get()
    expect(new Set(rows.map(({ item }) => item)).size, 'items seen').toBe(total)
    expect(rows, 'vectors for each item, at most one').toHaveLength(Number(total))
    return rows.filter(({ vector }) => vector !== null).length
  })
}

function isRight({ namespace, text, hash, vector }: StoredVector, model: Model): boolean {
  const hashed = JSON.stringify([namespace, text])
  const wanted = createHash('sha256').update(hashed).digest().subarray(0, 16)
  const right = vectorBy(model, text)
  const isNear = right.every((value, index) => Math.abs(value - (vector?.readFloatLE(index * 4) ?? Number.NaN)) < 1e-5)
  return hash?.equals(wanted) === true && vector?.length === dimensions * 4 && isNear
}
