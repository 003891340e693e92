// The ten nearest of each query, by looking at every vector.
import { makeProducts } from './products.mjs'

/** `add(items, vectors)` looks at some vectors; `nearest(query)` has the items of the nearest so far, nearest first. */
export async function makeExact(queries, { count = 10, only = () => true } = {}) {
  const products = await makeProducts(queries[0].length)
  const best = queries.map(() => [])
  const add = (items, vectors) => {
    products.load(vectors)
    for (const [index, query] of queries.entries()) {
      const nearest = best[index]
      for (const [i, score] of products.of(query).entries()) {
        if ((nearest.length >= count && score <= nearest.at(-1).score) || !only(items[i])) continue
        nearest.push({ item: items[i], score })
        nearest.sort((a, b) => b.score - a.score)
        nearest.length = Math.min(nearest.length, count)
      }
    }
  }
  return { add, nearest: (index) => best[index].map(({ item }) => item) }
}
