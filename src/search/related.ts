import { weights } from './weights.js'

/** A text that was ranked: its words, and what it has so far. */
export interface ScoredText {
  words: Int32Array
  score: number
}

/**
 * How much each text says of what the best have in common, from 0 to 1: talk about one thing has words of its own, and not all
 * of it has the words of the question. Only words count that are there beyond chance (the likelihood ratio of Dunning 1993);
 * where the best have nothing in common there are none, and nothing changes. `besides` are words that tell nothing here.
 */
export function relatedShares(texts: ScoredText[], besides: (word: number) => boolean): Float64Array {
  const shares = new Float64Array(texts.length)
  const best = bestOf(texts)
  if (best.length === 0) return shares
  const common = commonWords(best, besides)
  const held = texts.map(({ words }) => heldBy(words, common))
  const holding = new Map<number, number>()
  for (const words of held) for (const word of words) holding.set(word, (holding.get(word) ?? 0) + 1)
  const among = best.reduce((sum, { weight }) => sum + weight, 0)
  const sure = [...common]
    .map(([word, count]) => ({
      word,
      sureness: sureness({ count, among, holding: holding.get(word) ?? 0, all: texts.length }),
    }))
    .filter((found) => found.sureness >= weights.relatedSureness)
    .sort((a, b) => b.sureness - a.sureness)
    .slice(0, weights.relatedWords)
  const total = sure.reduce((sum, found) => sum + found.sureness, 0)
  const points = new Map(sure.map((found) => [found.word, found.sureness / total]))
  for (const [index, words] of held.entries())
    for (const word of words) shares[index] = (shares[index] ?? 0) + (points.get(word) ?? 0)
  return shares
}

interface Best {
  words: Set<number>
  /** Its score beside the best one: what is at the end of the best tells less. */
  weight: number
}

/** None where they are most of all: then nothing tells them from the others. */
function bestOf(texts: ScoredText[]): Best[] {
  if (texts.length < 2 * weights.relatedTo) return []
  const best = [...texts].sort((a, b) => b.score - a.score).slice(0, weights.relatedTo)
  const most = best[0]?.score ?? 0
  if (most <= 0) return []
  return best.map(({ words, score }) => ({ words: new Set(words), weight: score / most }))
}

/** What two or more of the best say, and how many do, by their weights. */
function commonWords(best: Best[], besides: (word: number) => boolean): Map<number, number> {
  const counts = new Map<number, { texts: number; weight: number }>()
  for (const { words, weight } of best) {
    for (const word of words) {
      const known = counts.get(word)
      counts.set(word, { texts: (known?.texts ?? 0) + 1, weight: (known?.weight ?? 0) + weight })
    }
  }
  const common = new Map<number, number>()
  for (const [word, { texts, weight }] of counts) if (texts > 1 && !besides(word)) common.set(word, weight)
  return common
}

/** The common words that a text holds, each once. */
function heldBy(words: Int32Array, common: Map<number, number>): number[] {
  const held: number[] = []
  for (const word of words) if (common.has(word) && !held.includes(word)) held.push(word)
  return held
}

interface Share {
  /** How many of `among` hold a word, and how many of all do. */
  count: number
  among: number
  holding: number
  all: number
}

/** Twice the logarithm of the likelihood ratio: how sure it is that a word is more common among these. 0 where it is not. */
function sureness({ count, among, holding, all }: Share): number {
  if (count * all <= holding * among) return 0
  const [others, without] = [Math.max(0, holding - count), among - count]
  const rest = Math.max(0, all - among - others)
  const cells = [count, without, others, rest]
  const margins = [count + without, others + rest, count + others, without + rest]
  return 2 * (sumOf(cells) - sumOf(margins) + entropic(all))
}

function sumOf(counts: number[]): number {
  return counts.reduce((sum, count) => sum + entropic(count), 0)
}

function entropic(count: number): number {
  return count > 0 ? count * Math.log(count) : 0
}
