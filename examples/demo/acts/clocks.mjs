import { ask, rowOfFound } from '../found.mjs'
import { personOf } from '../play.mjs'
import { shortAddress, valueText } from '../words.mjs'

/** Two clocks: when something is true in the world, and when the store learned of it. */
export async function actClocks(show) {
  const { stage, story } = show
  const { memory, question, inWords } = story.clocks
  await stage.act(
    'Two clocks',
    `${question} Every cell is a read of ${shortAddress(memory)}: down, what was known then; across, the day it is asked about.`,
  )
  await showTable(show)
  stage.line()
  stage.text(inWords)
  stage.line()
  await showSearch(show)
}

async function showTable({ cairn, stage, story, dayOf }) {
  const { as, memory, known, about, cell } = story.clocks
  const { paint } = stage
  const { memories } = personOf(cairn, as, story.project)
  const colors = [paint.cyan, paint.yellow, paint.magenta]
  const versions = []
  const rows = [
    [
      { text: 'known on', paint: paint.dim },
      ...about.map((day) => ({ text: `about ${dayOf(day)}`, paint: paint.bold })),
    ],
  ]
  for (const knownAt of known) {
    const row = [{ text: dayOf(knownAt), paint: paint.bold }]
    for (const validAt of about) {
      const found = await memories.get(memory.namespace, memory.key, { knownAt, validAt })
      if (found === null) {
        row.push({ text: '–', paint: paint.dim })
        continue
      }
      if (!versions.includes(found.version)) versions.push(found.version)
      const paintVersion = colors[versions.indexOf(found.version) % colors.length]
      row.push({ text: `${found.value[cell] ?? valueText(found.value)} v${found.version}`, paint: paintVersion })
    }
    rows.push(row)
  }
  await stage.rows(rows, { pause: 80 })
}

async function showSearch(show) {
  const { cairn, stage, story, dayOf } = show
  const { as, search } = story.clocks
  const { paint } = stage
  const person = personOf(cairn, as, story.project)
  const then = await ask(show, person, { text: search.text, knownAt: search.knownAt, limit: 1 })
  const now = await ask(show, person, { text: search.text, limit: 1 })
  stage.text(`Search travels too: ${paint.bold(search.text)}`)
  const rows = [
    [{ text: `on ${dayOf(search.knownAt)}`, paint: paint.bold }, ...then.flatMap((one) => rowOfFound(show, one))],
    [{ text: 'today', paint: paint.bold }, ...now.flatMap((one) => rowOfFound(show, one))],
  ]
  await stage.rows(rows, { indent: 5, most: [16] })
}
