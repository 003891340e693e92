// The ten nearest of each query, by looking at every vector.
import { readFileSync } from 'node:fs'
import loadAssembler from 'wabt'

const block = 1000

/** `add(items, vectors)` looks at some vectors; `nearest(query)` has the items of the nearest so far, nearest first. */
export async function makeExact(queries, { count = 10, only = () => true } = {}) {
  const { memory, products } = await instantiate()
  const bytes = 4 * queries[0].length
  const [vectorsAt, outAt] = [bytes, bytes + block * bytes]
  memory.grow(Math.ceil((outAt + 4 * block) / 65_536))
  const best = queries.map(() => [])
  const add = (items, vectors) => {
    const memoryOf = (at, length) => new Float32Array(memory.buffer, at, length)
    for (const [i, vector] of vectors.entries()) memoryOf(vectorsAt + i * bytes, vector.length).set(vector)
    for (const [index, query] of queries.entries()) {
      memoryOf(0, query.length).set(query)
      products(0, bytes, vectorsAt, vectors.length, outAt)
      const scores = memoryOf(outAt, vectors.length)
      const nearest = best[index]
      for (let i = 0; i < scores.length; i++) {
        if (nearest.length >= count && scores[i] <= nearest.at(-1).score) continue
        if (!only(items[i])) continue
        nearest.push({ item: items[i], score: scores[i] })
        nearest.sort((a, b) => b.score - a.score)
        nearest.length = Math.min(nearest.length, count)
      }
    }
  }
  return { block, add, nearest: (index) => best[index].map(({ item }) => item) }
}

async function instantiate() {
  const assembler = await loadAssembler()
  const text = readFileSync(new URL('exact.wat', import.meta.url), 'utf8')
  const { buffer } = assembler.parseWat('exact.wat', text).toBinary({})
  const { instance } = await WebAssembly.instantiate(buffer)
  return instance.exports
}
