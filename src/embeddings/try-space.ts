import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TrialSample } from '../storage/embedding-store.js'
import { exactScore } from '../vectors/rescore.js'
import { type EmbedTextsOptions, embedTexts } from './embed-texts.js'
import type { Embedder } from './embedder.js'

/** The second half of a text, of so many, is looked for among those of the others and so many vectors of other texts. */
export const trialTexts = 150
export const trialOthers = 850

/** A question has about so many words. A whole half shares more with the other than any question with its answer. */
const wordsOfQuestion = 10

/** Of fewer texts the share is chance. */
const fewest = 30

/** So many owners share the say: one of them has a quarter at most, of two a half, and more where the others have too few. */
const ownersAtLeast = 4

/**
 * How much a model knows of what this store holds: of how many texts the last words of the first half, as a question, find
 * the second half among the nearest hundredth. A model that knows no more than which words a text has finds few, since so
 * short a piece shares few; one that knows nothing finds one in a hundred. Of a sample that is what can be relied on: a
 * standard error less. Null for too few texts.
 */
export async function trySpace(embedder: Embedder, sample: TrialSample, signal?: AbortSignal): Promise<number | null> {
  if (sample.texts.length < fewest) return null
  const asked = await askHalves(embedder, sample, signal)
  if (asked.length < fewest) return null
  const weights = weightsOf(asked)
  const share = sumOf(weights.filter((_, index) => asked[index]?.isFound)) / sumOf(weights)
  return reliable(share, sumOf(weights) ** 2 / sumOf(weights.map((weight) => weight ** 2)))
}

/** The lower end of Wilson's interval (1927) of one standard error, for a share of so many. */
export function reliable(share: number, count: number): number {
  const error = Math.sqrt((share * (1 - share)) / count + 1 / (4 * count * count))
  return Math.max(0, (share + 1 / (2 * count) - error) / (1 + 1 / count))
}

const sumOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0)

interface Asked {
  owner: string
  isFound: boolean
}

/** Of those whose halves the model takes: it may take a text and neither of them. */
async function askHalves(
  embedder: Embedder,
  { texts, others }: TrialSample,
  signal: AbortSignal | undefined,
): Promise<Asked[]> {
  const halves = texts.map(({ text }) => questionAndAnswer(text))
  const questions = await embedAll(
    embedder,
    halves.map(([question]) => question),
    // No search waits for these.
    { kind: 'query', patient: true, signal },
  )
  const answers = await embedAll(
    embedder,
    halves.map(([, answer]) => answer),
    { kind: 'document', signal },
  )
  const pool = [...answers.flatMap((answer) => answer ?? []), ...others]
  const asked: Asked[] = []
  for (const [index, { owner }] of texts.entries()) {
    const [question, answer] = [questions[index], answers[index]]
    if (question === undefined || answer === undefined) continue
    asked.push({ owner, isFound: isFound(question, answer, pool) })
    // A thousand products take a millisecond.
    await nextTurn()
  }
  return asked
}

/**
 * What each text counts for: whoever fills a store with what no model can know decides nothing for the others. Those of one
 * owner count for as many as make its share, or together with the others the fewest texts that tell anything.
 */
function weightsOf(texts: Asked[]): number[] {
  const counts = new Map<string, number>()
  for (const { owner } of texts) counts.set(owner, (counts.get(owner) ?? 0) + 1)
  const sumWith = (most: number): number => sumOf([...counts.values()].map((count) => Math.min(count, most)))
  const parts = Math.min(ownersAtLeast, counts.size)
  let most = 1
  while (most < texts.length && (sumWith(most) < fewest || (most + 1) * parts <= sumWith(most + 1))) most++
  return texts.map(({ owner }) => Math.min(1, most / (counts.get(owner) ?? 1)))
}

function questionAndAnswer(text: string): [string, string] {
  const words = text.split(/\s+/)
  const middle = words.length >> 1
  return [words.slice(Math.max(0, middle - wordsOfQuestion), middle).join(' '), words.slice(middle).join(' ')]
}

/** Undefined for what the model does not take. */
async function embedAll(
  embedder: Embedder,
  texts: string[],
  options: EmbedTextsOptions,
): Promise<(Float32Array | undefined)[]> {
  const vectors: (Float32Array | undefined)[] = []
  for (let from = 0; from < texts.length; from += embedder.batchSize) {
    const some = await embedTexts(embedder, texts.slice(from, from + embedder.batchSize), options)
    vectors.push(...some.map((each) => ('vector' in each ? each.vector : undefined)))
  }
  return vectors
}

/** What is as near counts against it. */
function isFound(question: Float32Array, own: Float32Array, pool: Float32Array[]): boolean {
  const least = exactScore(question, own)
  const asNear = pool.filter((vector) => exactScore(question, vector) >= least).length
  return asNear <= Math.max(1, Math.floor(pool.length / 100))
}
