// Measures of one ranking, and means over many. R@k: relevant found of all relevant; MRR over 100; nDCG with linear gain.
import { quantile, round } from '../core/statistics.mjs'

const depths = [1, 5, 10, 20]

export const measureNames = [...depths.map((k) => `R@${k}`), 'MRR', 'nDCG@10', ...depths.map((k) => `hit@${k}`)]

export function measure(found, wanted) {
  const values = {}
  for (const k of depths) {
    const hits = found.slice(0, k).filter((id) => wanted.has(id)).length
    values[`R@${k}`] = hits / wanted.size
    values[`hit@${k}`] = hits > 0 ? 1 : 0
  }
  const first = found.slice(0, 100).findIndex((id) => wanted.has(id))
  values.MRR = first === -1 ? 0 : 1 / (first + 1)
  values['nDCG@10'] = gain(found.slice(0, 10).map((id) => wanted.get(id) ?? 0)) / bestGain(wanted)
  return values
}

function bestGain(wanted) {
  return gain([...wanted.values()].sort((a, b) => b - a).slice(0, 10))
}

function gain(scores) {
  return scores.reduce((sum, score, index) => sum + score / Math.log2(index + 2), 0)
}

export function summarize(results) {
  const mean = (name) => results.reduce((sum, result) => sum + result[name], 0) / Math.max(1, results.length)
  return Object.fromEntries(measureNames.map((name) => [name, round(mean(name), 4)]))
}

export function times(results) {
  const ms = results.map((result) => result.ms)
  const at = (q) => round(quantile(ms, q) ?? 0, 2)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
