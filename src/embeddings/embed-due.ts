import { CairnError } from '../errors.js'
import type { DueText, EmbeddingAnswers } from '../storage/embedding-store.js'
import type { Storage } from '../storage/storage.js'
import { embedTexts } from './embed-texts.js'
import type { Embedder } from './embedder.js'
import { asksForPause, wasCutOff, wasPaused } from './embedding-failure.js'

/** Requests to a model that are under way at once, at most. */
const concurrency = 5

/** How often a text is tried that fails for no reason that is known, unless the connection broke: that may end. */
const maxAttempts = 8
/** After so many times a text was tried alone, and a space is not kept from its end by it. */
export const triedAlone = 2
const firstDelay = 2_000
const longestDelay = 3_600_000

export interface EmbedDue {
  storage: Storage
  space: string
  embedder: Embedder
  /** The small form of a vector that is held in memory for the search. */
  encode: (vector: Float32Array) => Uint8Array
  now: () => number
  signal?: AbortSignal
}

/**
 * Embeds what is due, as much as five requests take. Returns how many jobs it looked at; what fails while the model answers
 * for other texts is tried again later, alone, and not for ever. Rejects like `embedTexts` when the model answers for none:
 * then all jobs are as they were.
 */
export async function embedDue(work: EmbedDue): Promise<number> {
  const { storage, space, embedder, now } = work
  const due = await storage.embeddings.due({ space, now: now(), limit: embedder.batchSize * concurrency })
  const known = due.filter((job) => job.known && job.text !== '')
  const empty = due.filter(({ text }) => text === '').map(({ item }) => item)
  if (known.length + empty.length > 0) await storage.embeddings.save({ ...nothing(space), known, empty })
  const batches = toBatches(groupByText(due), embedder.batchSize).slice(0, concurrency)
  const results = await Promise.allSettled(batches.map((batch) => embedBatch(work, batch)))
  const failed = batches.flatMap((batch, index) => {
    const result = results[index]
    return result?.status === 'rejected' ? { batch, error: result.reason as unknown } : []
  })
  const [first] = failed
  if (first === undefined) return due.length
  // That a server has put them off again and again says nothing of any text.
  const other = failed.find(({ error }) => !isUnavailable(error) || asksForPause(error))
  if (other !== undefined) throw other.error
  if (failed.length === batches.length && !(await answersAtAll(work))) throw first.error
  // What was not sent, to spare the server, has not failed.
  const sent = failed.filter(({ error }) => !wasPaused(error))
  const failures = sent.flatMap(({ batch, error }) => failuresOf(batch, error, now()))
  await storage.embeddings.save({ ...nothing(space), failures })
  return due.length
}

function isUnavailable(error: unknown): error is CairnError {
  return error instanceof CairnError && error.code === 'embedding_unavailable'
}

async function answersAtAll({ embedder, signal }: EmbedDue): Promise<boolean> {
  try {
    await embedTexts(embedder, ['hello'], { signal })
    return true
  } catch {
    return false
  }
}

/** Of several that failed together one may be at fault: each is tried alone at once, and one that fails alone later. */
function failuresOf(batch: DueText[][], error: unknown, now: number): EmbeddingAnswers['failures'] {
  const message = error instanceof Error ? error.message : String(error)
  return batch.flat().map(({ item, hash, attempts }) => {
    const delay = batch.length > 1 ? 0 : Math.min(longestDelay, firstDelay * 2 ** attempts)
    const isGivenUp = attempts + 1 >= maxAttempts && !wasCutOff(error)
    return { item, hash, error: message, runAfter: isGivenUp ? null : now + delay }
  })
}

function nothing(space: string): EmbeddingAnswers {
  return { space, vectors: [], known: [], empty: [], failures: [] }
}

/** Equal texts are embedded once, whoever they are of: none has a vector before the model answers. */
function groupByText(due: DueText[]): DueText[][] {
  const groups = new Map<string, DueText[]>()
  for (const job of due) {
    if (job.known || job.text === '') continue
    const group = groups.get(job.text)
    if (group) group.push(job)
    else groups.set(job.text, [job])
  }
  return [...groups.values()]
}

/** A text that has failed before is embedded alone, so that no other fails with it. */
function toBatches(groups: DueText[][], size: number): DueText[][][] {
  const alone = groups.filter((jobs) => jobs.some(({ attempts }) => attempts > 0))
  const together = groups.filter((jobs) => jobs.every(({ attempts }) => attempts === 0))
  const count = Math.ceil(together.length / size)
  const batches = Array.from({ length: count }, (_, index) => together.slice(index * size, (index + 1) * size))
  return [...batches, ...alone.map((jobs) => [jobs])]
}

async function embedBatch(work: EmbedDue, groups: DueText[][]): Promise<void> {
  const { storage, space, embedder, encode, signal } = work
  const texts = groups.map(([first]) => first?.text ?? '')
  const answers = nothing(space)
  const embedded = await embedTexts(embedder, texts, { signal })
  for (const [index, jobs] of groups.entries()) {
    const answer = embedded[index]
    for (const { item, hash } of jobs) {
      if (answer === undefined) continue
      if ('error' in answer) answers.failures.push({ item, hash, error: answer.error, runAfter: null })
      else answers.vectors.push({ item, hash, code: encode(answer.vector), vector: toBytes(answer.vector) })
    }
  }
  await storage.embeddings.save(answers)
}

/** Little-endian, as all machines that Node runs on have it. */
function toBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
}
