import { ask, rowOfAnswer } from '../found.mjs'
import { scoreQuestions } from '../labelled-questions.mjs'
import { personOf } from '../play.mjs'
import { count, millis, seconds } from '../words.mjs'

/** Asks, and shows what came back and from where. */
export async function actAsk(show) {
  const { stage, story, meter, cairn } = show
  await stage.act('Questions', story.questionsNote)
  const [first] = story.questions
  await meter.warmUp(() => personOf(cairn, first.as, story.project).search(first.text))
  for (const [index, question] of story.questions.entries()) {
    if (index > 0) stage.line()
    await showAnswer(show, question)
    await stage.beat(60)
  }
  if (story.labelled) await showScore(show)
  else await repeat(show)
}

async function showAnswer(show, { as, text, expected, answer, kinds }) {
  const { stage, story, meter, cairn } = show
  const { paint } = stage
  const found = await ask(show, personOf(cairn, as, story.project), { text, limit: 3, ...(kinds && { kinds }) })
  const took = millis(meter.searches.at(-1))
  stage.text(`${paint.bold(text)}  ${paint.dim(`${as}, ${took}`)}`)
  const rows = found.map((one) => rowOfAnswer(show, one, new Set(expected)))
  await stage.rows(rows)
  if (found.length === 0) stage.line(paint.dim('      nothing found'))
  if (answer !== undefined) stage.line(paint.dim(`      labelled answer: ${answer}`))
}

async function showScore(show) {
  const { stage, story } = show
  const { paint } = stage
  const { questions } = story.labelled
  const before = performance.now()
  const recall = await scoreQuestions(show, questions)
  const took = seconds(performance.now() - before)
  stage.line()
  stage.text(
    `All ${count(questions.length, 'question')} in ${took}: recall in the first ten (R@10) ${paint.bold(recall.toFixed(3))}`,
  )
  stage.text('A small, honest number: plain ranking of words (BM25), without a model.', paint.dim)
}

/** A few questions say little about speed: the same ones again, unseen. */
async function repeat({ cairn, meter, story }) {
  for (let round = 0; round < 40; round++) {
    for (const { as, text, kinds } of story.questions) {
      await meter.search(() => personOf(cairn, as, story.project).search(text, { limit: 3, ...(kinds && { kinds }) }))
    }
  }
}
