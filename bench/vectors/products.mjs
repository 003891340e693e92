// Products of a query with many vectors, for truths and yardsticks: the product itself never looks at all vectors.
import { readFileSync } from 'node:fs'
import loadAssembler from 'wabt'

/** How many vectors are looked at together. */
export const block = 1000

/** `load(vectors)`, and then `of(query)` gives the product of the query with each; the same array at each call. */
export async function makeProducts(dimensions) {
  const assembler = await loadAssembler()
  const text = readFileSync(new URL('products.wat', import.meta.url), 'utf8')
  const { buffer } = assembler.parseWat('products.wat', text).toBinary({})
  const { instance } = await WebAssembly.instantiate(buffer)
  const { memory, products } = instance.exports
  // Whole steps of eight numbers; what is missing stays zero.
  const length = Math.ceil(dimensions / 8) * 8
  const [vectorsAt, outAt] = [4 * length, 4 * length * (1 + block)]
  memory.grow(Math.ceil((outAt + 4 * block) / 65_536))
  const numbers = new Float32Array(memory.buffer)
  let count = 0
  return {
    load(vectors) {
      count = vectors.length
      for (const [i, vector] of vectors.entries()) numbers.set(vector, vectorsAt / 4 + i * length)
    },
    of(query) {
      numbers.set(query, 0)
      products(0, 4 * length, vectorsAt, count, outAt)
      return numbers.subarray(outAt / 4, outAt / 4 + count)
    },
  }
}
