import { makeStanding, type ScopeSimilarity } from './background.js'
import { standWithDocument } from './document-standing.js'
import { shareAbove } from './normal.js'
import { expectByWords } from './word-background.js'

/** Something that words, vectors or both have found. */
export interface FusionCandidate {
  /** What its words and all beside them are worth (evidence.ts); 0 where it holds no word of the question. */
  score: number
  /** The cosine of its vector and the question's; undefined while it has none. */
  similarity?: number | undefined
  /** The document that it is a part of: its sections are alike, and count together. */
  document?: string | undefined
  /** A turn that asks: near to a question, and no answer. */
  asks?: boolean | undefined
  /** The cosine of the turn before, where that one has a question in it. */
  follows?: number | undefined
}

/** What is known of a space of vectors, whatever is asked. */
export interface SpaceTrust {
  /** Of how many items the end of the first half of the text finds the second among the nearest hundredth of some: 0 to 1. */
  found?: number | undefined
}

export interface Fused {
  score: number
  /** What of the score its nearness in meaning brings: `score` less that of the candidate. */
  points: number
  /** How sure it is that this is no chance: the share of scopes without an answer in which nothing is as near. 0 to 1. */
  certainty: number
}

/** Answers stand out by some of these deviations: at one in topics that all have in common, at eight where nothing is alike. */
const distances = [1, 2, 3, 4, 5, 6, 8]

const weights = {
  /** How much more likely the best hit by words is than what holds none: e to the power of twice this. */
  words: 4,
  /** Against each of the distances: that this question's vector tells nothing. */
  doubt: 1,
  /** The same for each half of a text that was not found by the other, beside each that was. */
  lostDoubt: 15,
  /** What a turn that asks stands out by, and how much less that is at most. */
  asking: 0.5,
  askingAtMost: 1.2,
  /** The turn after a question, beside the question, and at most. */
  answer: 0.5,
  answerAtMost: 3,
} as const

/** Of a space that nobody has tried: as if one in four were found. */
const untried = 0.25

/** Fewer than this are found by chance, one in a hundred. */
const foundByChance = 0.05

/** Whether vectors of a space tell more than chance does; without that they change nothing. */
export function isTrusted({ found = untried }: SpaceTrust): boolean {
  return found >= foundByChance
}

/**
 * Scores of candidates by words and vectors together, in their order. Evidence counts as in Bayes' rule: how much more likely
 * an answer is to stand out so far than what is near by chance. So a model that finds by chance changes nothing, a weak one
 * little, and what stands out clearly comes first, whatever its words. Without vectors scores stay as they are.
 */
export function fuse(
  candidates: readonly FusionCandidate[],
  scope: ScopeSimilarity | undefined,
  trust: SpaceTrust = {},
): Fused[] {
  const { found = untried } = trust
  if (scope === undefined || !isTrusted(trust)) return candidates.map(byWordsAlone)
  const best = candidates.reduce((most, { score }) => Math.max(most, score), 0)
  const shares = candidates.map(({ score }) => (best > 0 ? score / best : 0))
  const standing = makeStanding(scope)
  const own = candidates.map((candidate) => standingOf(candidate, standing))
  const standings = standWithDocument(candidates, own)
  // What shares words with the question is nearer for that alone, and its words have been counted.
  const expected = expectByWords(candidates, shares, standings)
  const beyond = standings.map((value, index) => value && value - expected(shares[index] ?? 0))
  const likely = distances.map((distance) => likelihood(distance, beyond, shares, scope.items))
  const doubt = weights.doubt + (weights.lostDoubt * (1 - Math.min(1, found))) / found
  return candidates.map((candidate, index) => {
    const share = shares[index] ?? 0
    const gain = gainOf(beyond[index], likely, doubt)
    const points = gain === 0 ? 0 : (shareOf(evidenceOf(share) + gain) - share) * (best > 0 ? best : 1)
    const value = own[index]
    return {
      score: candidate.score + points,
      points,
      certainty: value === undefined ? 0 : certaintyOf(value, scope.items),
    }
  })
}

function byWordsAlone({ score }: FusionCandidate): Fused {
  return { score, points: 0, certainty: 0 }
}

/** Talk is near to a question that asks the same, and its answer comes after it. */
function standingOf(
  { similarity, asks, follows }: FusionCandidate,
  standing: (similarity: number) => number,
): number | undefined {
  if (similarity === undefined) return undefined
  const own = standing(similarity)
  const asked = follows === undefined ? own : weights.answer * standing(follows)
  const value = Math.max(own, Math.min(weights.answerAtMost, asked))
  return asks && value > 0 ? Math.max(weights.asking * value, value - weights.askingAtMost) : value
}

/** How likely this question's answers stand out by so much, beside not at all; never less, since one answer may hide. */
function likelihood(distance: number, beyond: (number | undefined)[], shares: number[], items: number): number {
  let [sum, all] = [0, items * Math.exp(-evidenceOf(1))]
  for (const [index, value] of beyond.entries()) {
    const belief = Math.exp(evidenceOf(shares[index] ?? 0) - evidenceOf(1))
    all += belief
    if (value !== undefined) sum += belief * ratio(distance, value)
  }
  return Math.max(1, sum / all)
}

/** How much likelier a normal value is around a distance than around 0. Bounded, so that sums of them stay numbers. */
function ratio(distance: number, value: number): number {
  return Math.exp(Math.min(300, distance * value - (distance * distance) / 2))
}

/** The logarithm of how much likelier an answer is for where it stands. */
function gainOf(value: number | undefined, likely: number[], doubt: number): number {
  if (value === undefined) return 0
  return Math.log1p(
    distances.reduce((sum, distance, index) => sum + (likely[index] ?? 1) * ratio(distance, value), 0) / doubt,
  )
}

/**
 * The logarithm of how likely a hit is by its words, from its share of the best score: fitted to questions over
 * conversations, abstracts and documentation, for which it came out the same.
 */
function evidenceOf(share: number): number {
  return weights.words * (share + Math.sqrt(share))
}

/** The share that has so much evidence. */
function shareOf(evidence: number): number {
  const root = (Math.sqrt(1 + (4 * evidence) / weights.words) - 1) / 2
  return root * root
}

function certaintyOf(value: number, items: number): number {
  return Math.exp(-items * shareAbove(value))
}
