import type { DueText, EmbeddingAnswers, NewSpace, SpaceProgress } from '../../../src/storage/embedding-store.js'
import type { Storage } from '../../../src/storage/storage.js'
import { author, now } from './subject.js'

export const space = 'fake/letters/2'

export function aSpace(changes: Partial<NewSpace> = {}): NewSpace {
  const model = { provider: 'fake', model: 'letters', dimensions: 2 }
  return { name: space, ...model, documentPrefix: 'd: ', queryPrefix: 'q: ', ...changes }
}

export function openSpace(storage: Storage, name = space) {
  return storage.embeddings.open({ ...aSpace({ name }), author: author() })
}

export function dueIn(storage: Storage, name = space, limit = 100): Promise<DueText[]> {
  return storage.embeddings.due({ space: name, now, limit })
}

export function answers(changes: Partial<EmbeddingAnswers> = {}): EmbeddingAnswers {
  return { space, vectors: [], known: [], empty: [], failures: [], ...changes }
}

/** A vector for what is due, whatever it says. */
export function vectorFor({ item, hash }: DueText): EmbeddingAnswers['vectors'][number] {
  return { item, hash, vector: new Uint8Array(Float32Array.of(0.6, 0.8).buffer), code: Uint8Array.of(3) }
}

/** Answers all that is due as a worker does, until nothing is. Returns how many vectors were stored. */
export async function answerAll(storage: Storage, name = space): Promise<number> {
  while (!(await storage.embeddings.queue({ space: name, limit: 100 })));
  let stored = 0
  for (let due = await dueIn(storage, name); due.length > 0; due = await dueIn(storage, name)) {
    const vectors = due.filter(({ text }) => text !== '').map(vectorFor)
    const empty = due.filter(({ text }) => text === '').map(({ item }) => item)
    stored += await storage.embeddings.save(answers({ space: name, vectors, empty }))
  }
  return stored
}

export async function progressOf(storage: Storage, name = space): Promise<SpaceProgress | null> {
  return storage.embeddings.progress({ space: name })
}
