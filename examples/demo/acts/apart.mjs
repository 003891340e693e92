import { ask, rowOfFound } from '../found.mjs'
import { personOf } from '../play.mjs'

/** Two users of one store: the same question, their own answers, and what happens to who looks elsewhere. */
export async function actApart(show) {
  const { stage, story } = show
  const { people, questions } = story.apart
  await stage.act('Two users, kept apart', `${people.join(' and ')} ask the same, each through a handle of their own.`)
  for (const text of questions) {
    stage.text(stage.paint.bold(text))
    const rows = []
    for (const user of people) rows.push(await rowOfUser(show, user, text))
    await stage.rows(rows, { indent: 5, pause: 100, most: [16] })
    stage.line()
  }
  await showTrespass(show)
}

async function rowOfUser(show, user, text) {
  const { cairn, stage, story } = show
  const [best] = await ask(show, personOf(cairn, user, story.project), { text, limit: 1 })
  const name = { text: user, paint: stage.paint.bold }
  if (best === undefined) return [name, { text: 'nothing found', paint: stage.paint.dim }]
  return [name, ...rowOfFound(show, best)]
}

async function showTrespass({ cairn, stage, story }) {
  const { paint } = stage
  const { secret, stranger } = story.apart
  const { sessions, memories } = personOf(cairn, stranger, story.project)
  const attempts = [
    [`session ${secret.session}`, () => sessions.events(secret.session), 'as if there were none'],
    [secret.namespace, () => memories.get(secret.namespace, secret.key), 'decided before looking'],
    ['the same, a key that never was', () => memories.get(secret.namespace, 'never-was'), 'so it tells nothing'],
  ]
  stage.text(`${paint.bold(stranger)} tries to read what is ${secret.owner}'s:`)
  const rows = []
  for (const [what, attempt, note] of attempts) {
    const refusal = await attempt().then(
      () => undefined,
      (error) => error,
    )
    rows.push([what, refusal ? { text: refusal.code, paint: paint.red } : { text: 'got it!', paint: paint.inverse }])
    rows.at(-1).push({ text: note, paint: paint.dim })
  }
  await stage.rows(rows, { indent: 5, pause: 100 })
  await showRefusals({ cairn, stage })
}

async function showRefusals({ cairn, stage }) {
  const { paint } = stage
  const { items } = await cairn.audit.list({ outcome: 'forbidden', limit: 5 })
  stage.line()
  stage.line('   The audit trail knows who tried what:')
  const rows = items
    .toReversed()
    .map(({ actor, subject, operation, namespace, occurrences }) => [
      { text: 'forbidden', paint: paint.red },
      actor,
      `${operation} ${subject}`,
      { text: namespace ?? '', paint: paint.cyan },
      { text: occurrences > 1 ? `${occurrences} times` : '', paint: paint.dim },
    ])
  await stage.rows(rows, { indent: 5 })
}
