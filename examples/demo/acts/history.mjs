import { personOf } from '../play.mjs'
import { shortAddress, valueText } from '../words.mjs'

const colors = { create: 'green', update: 'yellow', rollback: 'magenta', delete: 'red', restore: 'green' }
const shown = 4

/** A memory is a chain of versions: what was said before stays, and comes back as a new version. */
export async function actHistory(show) {
  const { stage, story, cairn } = show
  const { namespace, key, as } = story.history
  const person = personOf(cairn, as, story.project)
  await stage.act('Nothing is overwritten', `Every change of ${namespace} ${key} is a version of its own.`)
  if (story.rollBack) await rollBackAndForth(show, person)
  await showChain(show)
  stage.line()
  await showRace(show)
  await showDeletion(show)
}

/** Takes the first version again, and then the one before that. */
async function rollBackAndForth({ story, meter }, { memories }) {
  const { namespace, key } = story.history
  const before = await memories.get(namespace, key)
  await meter.write(1, () => memories.rollback(namespace, key, 1))
  await meter.write(1, () => memories.rollback(namespace, key, before.version))
}

async function showChain({ cairn, stage, story, dayOf }) {
  const { namespace, key } = story.history
  const { paint } = stage
  const { items } = await cairn.memories.history(namespace, key)
  const trail = await cairn.audit.list({ namespace, key, limit: items.length })
  const steps = new Map(trail.items.map((entry) => [entry.version, entry]))
  const rows = items.toReversed().map((memory) => {
    const { operation, principal, detail } = steps.get(memory.version)
    const back = detail.toVersion === undefined ? '' : ` to v${detail.toVersion}`
    return [
      { text: `v${memory.version}`, paint: paint.cyan },
      dayOf(memory.recordedAt),
      principal.user ?? 'root',
      { text: operation + back, paint: paint[colors[operation]] },
      valueText(memory.value),
    ]
  })
  const left = rows.length - shown - 1
  const some = left > 1 ? [rows[0], [{ text: '…', paint: paint.dim }, `${left} more`], ...rows.slice(-shown)] : rows
  await stage.rows(some, { pause: 80 })
}

/** Compare-and-swap: two read the same version, both change it, one is told. */
async function showRace({ cairn, stage, story, meter }) {
  const { namespace, key, as, values } = story.race
  const { paint } = stage
  const people = as.map((user) => personOf(cairn, user, story.project))
  const read = await people[0].memories.get(namespace, key)
  stage.text(`Two agents read ${paint.cyan(`${shortAddress(read)} v${read.version}`)} and change it at the same time:`)
  const results = await meter.write(2, () =>
    Promise.allSettled(
      people.map(({ memories }, index) =>
        memories.update(namespace, key, { text: values[index] }, { ifVersion: read }),
      ),
    ),
  )
  const names = as[0] === as[1] ? ['one', 'the other'] : as
  const rows = results.map(({ value, reason }, index) => [
    names[index],
    `“${values[index]}”`,
    value
      ? { text: `is now v${value.version}`, paint: paint.green }
      : {
          text: `${reason.code}: v${reason.details.version} is there, not v${reason.details.expected}`,
          paint: paint.red,
        },
  ])
  await stage.rows(rows, { indent: 5 })
  stage.line()
}

async function showDeletion({ cairn, stage, story, meter }) {
  const { namespace, key, as } = story.deletion
  const { paint } = stage
  const { memories } = personOf(cairn, as, story.project)
  await meter.write(1, () => memories.delete(namespace, key))
  const gone = await memories.get(namespace, key)
  const back = await meter.write(1, () => memories.restore(namespace, key))
  const name = paint.cyan(shortAddress(back))
  stage.text(`Deleted, ${name} reads as ${paint.red(String(gone))}; restored, it is v${back.version}, as it was.`)
}
