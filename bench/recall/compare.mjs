// Two rankings of the same queries, compared query by query.
import { writeFileSync } from 'node:fs'
import { quantile, round } from '../core/statistics.mjs'
import { seededRandom } from '../seeded.mjs'
import { measureNames } from './measures.mjs'
import { readLines } from './read-set.mjs'

const samples = 10_000

export function writeResults(path, results) {
  writeFileSync(path, results.map((result) => `${JSON.stringify(result)}\n`).join(''))
}

export function readResults(path) {
  return new Map(readLines(path).map((result) => [result.id, result]))
}

/**
 * For each measure: the means over the queries that both have, the difference, its 95 % interval by a bootstrap over
 * queries, and p by a paired permutation test: how often as great a difference comes of swapping the two at random.
 */
export function comparePaired(results, earlier) {
  const pairs = results.flatMap((result) => {
    const other = earlier.get(result.id)
    return other ? [[other, result]] : []
  })
  const measures = measureNames.map((name) => [name, compareOne(pairs.map(([a, b]) => [a[name], b[name]]))])
  return {
    test: `paired over ${pairs.length} queries: 95 % interval by bootstrap, p by permutation, ${samples.toLocaleString('en')} samples each`,
    queries: pairs.length,
    measures: Object.fromEntries(measures),
  }
}

function compareOne(pairs) {
  // The same samples in every run.
  const random = seededRandom(17)
  const differences = pairs.map(([before, after]) => after - before)
  const count = Math.max(1, differences.length)
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / count
  const observed = mean(differences)
  const means = []
  let asGreat = 0
  for (let sample = 0; sample < samples; sample++) {
    let [drawn, swapped] = [0, 0]
    for (const difference of differences) {
      drawn += differences[Math.floor(random() * count)]
      swapped += random() < 0.5 ? difference : -difference
    }
    means.push(drawn / count)
    if (Math.abs(swapped / count) >= Math.abs(observed) - 1e-12) asGreat++
  }
  return {
    before: round(mean(pairs.map(([before]) => before)), 4),
    after: round(mean(pairs.map(([, after]) => after)), 4),
    difference: round(observed, 4),
    interval: [round(quantile(means, 0.025), 4), round(quantile(means, 0.975), 4)],
    p: round((asGreat + 1) / (samples + 1), 4),
  }
}
