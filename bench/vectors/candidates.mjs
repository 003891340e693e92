// What was chosen among: for each kind of code, how many of the nearest by code must be looked at exactly, so that 98 or
// 99 of 100 of the ten nearest are among them.
import { createRotation } from '../../dist/vectors/rotation.js'
import { block, makeProducts } from './products.mjs'
import { dimensions, openReader } from './store.mjs'

/** Width of a step of 2^bits, for numbers with a normal distribution (Max, 1960). */
const steps = { 2: 0.9957, 3: 0.586 }

const sign = (value) => (value >= 0 ? 1 : -1)
const level = (bits) => (value) => {
  const half = 2 ** (bits - 1)
  return Math.max(-half, Math.min(half - 1, Math.floor(value / steps[bits]))) + 0.5
}

/** How a vector becomes one of its levels, and what it is compared with. */
const candidates = [
  { name: 'signs without rotation, of both', bytes: 96, levelOf: sign, query: sign, plain: true },
  { name: 'signs, of both', bytes: 96, levelOf: sign, query: sign },
  { name: 'signs', bytes: 96, levelOf: sign },
  { name: 'signs, corrected', bytes: 100, levelOf: sign, corrected: true },
  { name: 'two bits, of both', bytes: 192, levelOf: level(2), query: level(2) },
  { name: 'two bits', bytes: 192, levelOf: level(2) },
  { name: 'two bits without rotation, corrected', bytes: 196, levelOf: level(2), corrected: true, plain: true },
  { name: 'two bits, corrected', bytes: 196, levelOf: level(2), corrected: true },
  { name: 'three bits, corrected', bytes: 292, levelOf: level(3), corrected: true },
]

const { rotate } = createRotation(dimensions)
const spread = (vector, { plain }) =>
  plain ? vector.map((value) => value * Math.sqrt(dimensions)) : Float32Array.from(rotate(vector))

/** The vector that a code stands for, as far as it is compared. */
function decode(vector, candidate) {
  const values = spread(vector, candidate)
  const levels = values.map(candidate.levelOf)
  if (!candidate.corrected) return levels
  let product = 0
  for (let i = 0; i < values.length; i++) product += values[i] * levels[i]
  return levels.map((value) => value / product)
}

function dot(a, b) {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

/** The rank by code of each of the nearest, over all queries. */
async function ranksOf(candidate, { db, queries, truths }) {
  const products = await makeProducts(dimensions)
  const read = db.prepare('select vector from vectors where item = ?').pluck()
  const spreadQueries = queries.map((query) => spread(query, candidate).map(candidate.query ?? ((value) => value)))
  const scored = truths.map(({ nearest, has }) => ({
    has,
    scores: nearest.map((items, i) =>
      items.map((item) => dot(spreadQueries[i], decode(floats(read.get(item)), candidate))),
    ),
  }))
  const ranks = scored.map(({ scores }) => scores.map((own) => own.map(() => 1)))
  for (const rows of blocks(db)) {
    products.load(rows.map(([, vector]) => decode(floats(vector), candidate)))
    for (const [q, query] of spreadQueries.entries()) {
      const found = products.of(query)
      for (const [t, { has, scores }] of scored.entries())
        count(rows, found, { has, own: scores[q], ranks: ranks[t][q] })
    }
  }
  return ranks.map((all) => all.flat().sort((a, b) => a - b))
}

function count(rows, found, { has, own, ranks }) {
  const least = Math.min(...own)
  for (let i = 0; i < found.length; i++) {
    // A thousandth of a step apart is the same one, added up in another order.
    if (found[i] <= least || !has(rows[i][0])) continue
    for (let n = 0; n < own.length; n++) if (found[i] > own[n] + 1e-4 * Math.abs(own[n])) ranks[n]++
  }
}

function* blocks(db) {
  let rows = []
  for (const row of db.prepare('select item, vector from vectors order by item').raw().iterate()) {
    rows.push(row)
    if (rows.length < block) continue
    yield rows
    rows = []
  }
  yield rows
}

const floats = (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)

export async function measureCandidates({ path, queries, nearest, filter, nearestInFilter }) {
  const db = openReader(path)
  const inFilter = new Set(filter)
  const truths = [
    { nearest, has: () => true },
    { nearest: nearestInFilter, has: (item) => inFilter.has(item) },
  ]
  const rows = []
  for (const candidate of candidates) {
    const [whole, filtered] = await ranksOf(candidate, { db, queries, truths })
    const at = (ranks, share) => ranks[Math.ceil(share * ranks.length) - 1]
    const { name, bytes } = candidate
    rows.push({
      name,
      bytes,
      whole: [0.98, 0.99, 0.999].map((share) => at(whole, share)),
      filtered: [0.98, 0.99, 0.999].map((share) => at(filtered, share)),
    })
    console.error(JSON.stringify(rows.at(-1)))
  }
  db.close()
  return rows
}

export function candidatesTable({ candidates: rows }) {
  const lines = rows.map(
    ({ name, bytes, whole, filtered }) => `| ${name} | ${bytes} | ${whole.join(', ')} | ${filtered.join(', ')} |`,
  )
  return ['| code | bytes | of all | of 10,000 |', '|---|---|---|---|', ...lines].join('\n')
}
