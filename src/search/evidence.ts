import { stopWords } from './common-words.js'
import { closeness, type TimeSpan, timesIn } from './dates.js'
import type { EvidenceName, PoolItem, Ranked } from './pool.js'
import type { Question } from './question.js'
import type { WeightedTerm } from './rank.js'
import { relatedShares } from './related.js'
import { type Speakers, speakersNamed } from './speakers.js'
import { countTerms, emptyTable, makeTermTable, type TermCounts, type TermTable } from './term-table.js'
import { titleFit } from './title-evidence.js'
import { weights } from './weights.js'
import { bestPassage, covered, termPoints, weighRepeats } from './word-evidence.js'
import { numbersOf } from './word-numbers.js'

interface Weighing {
  terms: WeightedTerm[]
  table: TermTable
  /** What the words weigh that something holds, and what all of them do. */
  total: number
  whole: number
  question: Question
  speakers: Speakers
  listed: boolean
  /** Times that an item speaks of are looked for only when the question names one. */
  items: Weighed[]
}

interface Weighed extends Ranked {
  listed: boolean
  item: PoolItem
  counts: TermCounts
  points: number[]
  /** What the words, their coverage and the best passage are worth: what others take from it. */
  own: number
}

/** Shared by all whose evidence nobody asks for. */
const none: Ranked['evidence'] = []

/**
 * Ranks items that were read together. The sum of the evidence of each is its score. It is listed only where it is to be
 * shown: thousands of pieces for each search would be made for nothing.
 */
export function weighEvidence(
  pool: PoolItem[],
  question: Question,
  given: WeightedTerm[],
  { listed = true }: { listed?: boolean } = {},
): Ranked[] {
  const speakers = speakersNamed(pool, given)
  const table = makeTermTable(given)
  const counts = pool.map(({ text }) => countTerms(text, table, given.length))
  const terms = weighRepeats(given, counts).map((term, index) =>
    speakers.terms.has(index) ? { ...term, weight: term.weight * weights.nameOfSpeaker } : term,
  )
  // What nothing holds, such as a misspelt word, tells nothing apart.
  const known = terms.filter((_, term) => counts.some(({ shares }) => (shares[term] ?? 0) > 0))
  const total = sum(known.map(({ weight }) => weight))
  const whole = sum(terms.map(({ weight }) => weight))
  const weighing: Weighing = { terms, table, total, whole, question, speakers, listed, items: [] }
  weighing.items = weighWords(pool, counts, weighing)
  for (const parts of groupBySession(weighing.items)) addNeighbours(parts)
  for (const item of weighing.items) if (item.score > 0) addTurn(item, weighing)
  addRelated(weighing)
  addSections(weighing.items)
  return weighing.items
}

function weighWords(
  pool: PoolItem[],
  counted: TermCounts[],
  { terms, table, total, whole, listed }: Weighing,
): Weighed[] {
  const means = meanLengths(pool)
  return pool.map((item, index) => {
    const counts = counted[index] ?? countTerms(item.text, emptyTable, terms.length)
    const points = termPoints(counts, terms, lengthOf(item) / Math.max(1, means.get(item.kind) ?? 1))
    const coverage = covered(counts, terms, total)
    const match = whole > 0 ? (coverage * total) / whole : 0
    const weighed: Weighed = { item, counts, points, own: 0, score: 0, match, listed, evidence: listed ? [] : none }
    add(weighed, 'words', sum(points), 1)
    multiply(weighed, 'coverage', 1 + weights.coverage * coverage ** 2)
    add(weighed, 'passage', weights.passage * total * bestPassage(counts, terms, total) ** 2, weights.passage)
    // A speaker's name is no title: who is named in the question is seen to below.
    if (item.kind !== 'event')
      multiply(weighed, 'title', 1 + weights.titleFit * titleFit(item.text.title, table, terms, total))
    weighed.own = weighed.score
    return weighed
  })
}

const lengthOf = ({ text }: PoolItem): number => text.title.length + text.body.length

/** Of each kind by itself: a turn is not short because abstracts are long. */
function meanLengths(pool: PoolItem[]): Map<string, number> {
  const sums = new Map<string, { length: number; count: number }>()
  for (const item of pool) {
    const at = sums.get(item.kind) ?? { length: 0, count: 0 }
    sums.set(item.kind, { length: at.length + lengthOf(item), count: at.count + 1 })
  }
  return new Map(Array.from(sums, ([kind, { length, count }]) => [kind, length / count]))
}

/** The parts of each session, by their place. */
function groupBySession(items: Weighed[]): Iterable<Map<number, Weighed>> {
  const sessions = new Map<string, Map<number, Weighed>>()
  for (const weighed of items) {
    const { kind, whole, place } = weighed.item
    if (kind !== 'event' || whole === undefined || place === undefined) continue
    const parts = sessions.get(whole) ?? new Map<number, Weighed>()
    sessions.set(whole, parts.set(place, weighed))
  }
  return sessions.values()
}

function addNeighbours(parts: Map<number, Weighed>): void {
  for (const [place, part] of parts) {
    // What holds none of the words itself is no hit, whatever stands beside it.
    if (part.own === 0) continue
    add(part, 'neighbours', missingWords(part, place, parts), weights.neighbours[0])
    const before = parts.get(place - 1)
    if (before?.item.text.hasQuestion) add(part, 'answer', weights.answer * before.own, weights.answer)
  }
}

function missingWords({ points }: Weighed, place: number, parts: Map<number, Weighed>): number {
  const best = new Float64Array(points.length)
  for (const [index, weight] of weights.neighbours.entries()) {
    keepBest(best, parts.get(place - index - 1)?.points, weight)
    keepBest(best, parts.get(place + index + 1)?.points, weight)
  }
  let missing = 0
  for (let term = 0; term < points.length; term++)
    missing += Math.max(0, (best[term] ?? 0) - weights.ownOfNeighbours * (points[term] ?? 0))
  return missing
}

function keepBest(best: Float64Array, points: number[] | undefined, weight: number): void {
  if (points === undefined) return
  for (let term = 0; term < best.length; term++) best[term] = Math.max(best[term] ?? 0, weight * (points[term] ?? 0))
}

const tellingOf = { time: 'tellsTime', number: 'tellsNumber', name: 'tellsName' } as const

/** What makes a turn of a conversation an answer to this question. */
function addTurn(weighed: Weighed, { question, speakers }: Weighing): void {
  const { item } = weighed
  if (item.kind === 'event') {
    const isNamed = item.speaker !== undefined && speakers.names.has(item.speaker)
    if (isNamed) multiply(weighed, 'speaker', weights.speaker)
    else if (speakers.names.size > 0) multiply(weighed, 'speaker', weights.otherSpeaker)
    if (item.text.asks) multiply(weighed, 'asking', weights.asking)
    if (question.wanted && item.text.tells(question.wanted)) {
      const name = tellingOf[question.wanted]
      multiply(weighed, name, weights[name])
    }
  }
  if (question.times.length > 0) multiply(weighed, 'date', 1 + weights.date * nearest(item, question.times))
}

/** Turns say what the best of them have in common, in words that the question does not have. Names of speakers tell nothing. */
function addRelated({ items, table }: Weighing): void {
  const turns = items.filter(({ item }) => item.kind === 'event')
  const besides = numbersOf(stopWords)
  for (const { item } of turns) for (const word of item.text.title) besides.add(word)
  const texts = turns.map(({ item, score }) => ({ words: item.text.body, score }))
  const shares = relatedShares(texts, (word) => table.words.has(word) || besides.has(word))
  const best = turns.reduce((most, { score }) => Math.max(most, score), 0)
  for (const [index, turn] of turns.entries()) {
    if (turn.own > 0) add(turn, 'related', weights.related * best * (shares[index] ?? 0), weights.related)
  }
}

/** The best section of a document stands for it, and the next best add to it: a page about something says so again. */
function addSections(items: Weighed[]): void {
  const documents = new Map<string, Weighed[]>()
  for (const weighed of items) {
    const { kind, whole } = weighed.item
    if (kind === 'document' && whole !== undefined) documents.set(whole, [...(documents.get(whole) ?? []), weighed])
  }
  for (const sections of documents.values()) {
    const [best, ...others] = sections.sort((a, b) => b.score - a.score)
    const next = others.slice(0, weights.sectionsCounted).reduce((all, { score }) => all + score, 0)
    if (best) add(best, 'sections', weights.sections * next, weights.sections)
  }
}

const instant = 1

function nearest(item: PoolItem, asked: TimeSpan[]): number {
  const told = [{ from: item.time, to: item.time + instant }, ...timesIn(item.said(), item.time)]
  let best = 0
  for (const span of asked) for (const time of told) best = Math.max(best, closeness(span, time))
  return best
}

function sum(points: Iterable<number>): number {
  let all = 0
  for (const value of points) all += value
  return all
}

function add(to: Weighed, name: EvidenceName, points: number, weight: number): void {
  if (points === 0) return
  to.score += points
  if (to.listed) to.evidence.push({ name, points, weight })
}

function multiply(to: Weighed, name: EvidenceName, factor: number): void {
  add(to, name, to.score * (factor - 1), factor)
}
