// Asks each query of a set once, one after another, and notes what was found and how long it took.
import { measure } from './measures.mjs'

const warmUp = 20

/** The items of the answer in order, each counted once, without those that a query leaves out. */
export async function ask({ queries }, { find, itemOf }) {
  for (const query of queries.slice(0, warmUp)) await find(query)
  const results = []
  for (const query of queries) {
    const start = performance.now()
    const { hits } = await find(query)
    const ms = performance.now() - start
    const left = new Set(query.exclude ?? [])
    const found = [...new Set(hits.map(itemOf))].filter((id) => !left.has(id))
    const { id, category, wanted } = query
    results.push({ id, ...(category && { category }), ms, ...measure(found, wanted), found: found.slice(0, 20) })
  }
  return results
}
