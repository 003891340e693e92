import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UsageError } from './arguments.mjs'
import { personOf } from './play.mjs'
import { readLines } from './read-conversation.mjs'

/** The questions beside a conversation with the turns that answer them, or undefined when there are none. */
export function readLabelledQuestions(path) {
  const [queries, qrels] = ['queries.jsonl', 'qrels.jsonl'].map((name) => join(dirname(path), name))
  if (!existsSync(queries) || !existsSync(qrels)) return undefined
  const evidence = new Map()
  for (const {
    turn: { query, doc },
  } of readLines(qrels)) {
    if (!evidence.has(query)) evidence.set(query, [])
    evidence.get(query).push(doc)
  }
  const questions = [...readLines(queries)].flatMap(({ turn: { id, text, conversation, answer, score }, line }) => {
    const expected = evidence.get(id)
    if (score === false || expected === undefined) return []
    if (typeof text !== 'string' || typeof conversation !== 'string') {
      throw new UsageError(`${queries}:${line}: text and conversation must be texts.`)
    }
    return [{ as: conversation.replaceAll(/[:/]/g, '-'), text, answer, expected, kinds: ['event'] }]
  })
  return questions.length === 0 ? undefined : { questions }
}

/** R@10: of the labelled turns of a question, how many are among the first ten found; the mean over all questions. */
export async function scoreQuestions({ cairn, meter, stage }, questions) {
  const progress = stage.progress('asking', questions.length)
  let recall = 0
  for (const [index, { as, text, expected, kinds }] of questions.entries()) {
    const { hits } = await meter.search(() => personOf(cairn, as).search(text, { kinds, limit: 10 }))
    const found = new Set(hits.map(({ ref }) => ref.eventId))
    recall += expected.filter((id) => found.has(id)).length / expected.length
    progress.tick(index + 1)
  }
  progress.done()
  return recall / questions.length
}
