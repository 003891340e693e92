import { agentOf, play, toEvent } from '../play.mjs'
import { clip } from '../text-width.mjs'
import { count, shortAddress, valueText } from '../words.mjs'

const signs = { add: '+', update: '~', rollback: '↺', delete: '-', restore: '+' }

/** Plays every session and shows what was learned from it. */
export async function actPlay(show) {
  const { stage, sessions, story, turns, dayOf } = show
  const users = new Set(sessions.map(({ user }) => user))
  const numbers = `${count(turns.size, 'turn')} in ${count(sessions.length, 'session')} of ${count(users.size, 'user')}`
  const [first, last] = [sessions[0], sessions.at(-1)].map((session) => dayOf(session.turns[0].time))
  const days = first === last ? first : `${first} to ${last}`
  await stage.act(
    'A conversation becomes memory',
    `${story.intro} ${numbers}, ${days}; while they are played, the store's clock shows their time.`,
  )
  const progress = stage.progress('playing', turns.size)
  const reports = []
  let played = 0
  const onSession = async (report) => {
    played += report.session.turns.length
    progress.tick(played)
    reports.push(report)
    if (story.inDetail) await showSession(show, report)
  }
  await play(show.cairn, sessions, { ...show, derive: !story.inDetail, onSession })
  progress.done()
  if (!story.inDetail) await showConversations(show, reports)
  await showRetry(show, sessions.at(-1))
}

async function showSession({ stage, dayOf }, { session, learned }) {
  const { paint } = stage
  const [first] = session.turns
  const head = [
    { text: dayOf(first.time).padStart(6), paint: paint.bold },
    { text: session.user.padEnd(5), paint: paint.bold },
    { text: `${session.turns.length} turns`, paint: paint.dim },
    { draw: (room) => clip(`“${first.text}”`, room) },
  ]
  await stage.rows([head], { pause: 50 })
  const rows = learned.map((report) => rowOfLearned({ paint, dayOf }, report))
  await stage.rows(rows, { indent: 6, most: [1, 19] })
}

function rowOfLearned({ paint, dayOf }, { operation, memory }) {
  const color = { add: paint.green, update: paint.yellow, rollback: paint.magenta }[operation.op] ?? paint.red
  return [
    { text: signs[operation.op], paint: color },
    { text: shortAddress(operation), paint: paint.cyan },
    { text: memory ? `v${memory.version}` : '', paint: paint.dim },
    memory ? valueText(memory.value) + validity(memory, dayOf) : 'deleted',
  ]
}

function validity({ validFrom, validTo }, dayOf) {
  const from = validFrom ? `from ${dayOf(validFrom)}` : ''
  const to = validTo ? `to ${dayOf(validTo)}` : ''
  return from || to ? ` (${[from, to].filter(Boolean).join(' ')})` : ''
}

/** One line for each conversation, with a bar for each session as high as it has turns. */
async function showConversations({ stage }, reports) {
  const { paint } = stage
  const users = new Map(reports.map(({ session }) => [session.user, []]))
  for (const { session } of reports) users.get(session.user).push(session)
  const most = Math.max(...reports.map(({ session }) => session.turns.length))
  const rows = [...users].map(([user, own]) => {
    const turns = own.flatMap((session) => session.turns)
    const speakers = [...new Set(turns.map(({ speaker }) => speaker))].join(' & ')
    const bars = own.map((session) => '▁▂▃▄▅▆▇█'[Math.ceil((session.turns.length / most) * 8) - 1]).join('')
    return [
      { text: user, paint: paint.bold },
      speakers,
      { text: count(turns.length, 'turn').padStart(9), paint: paint.dim },
      { text: bars, paint: paint.cyan },
    ]
  })
  await stage.rows(rows, { pause: 100, most: [16, 20] })
  const learned = reports.flatMap((report) => report.learned)
  const episodes = learned.filter(({ memory }) => memory?.type === 'episodic').length
  stage.line()
  stage.text(
    `Remembered: ${count(episodes, 'episode')}, and facts in ${count(learned.length - episodes, 'version')}. Nothing reads along, so they say who talked when and how it began, and no more.`,
  )
}

/** A client that lost the answer sends its event again. */
async function showRetry({ cairn, stage }, session) {
  const { paint } = stage
  const turn = session.turns.at(-1)
  const again = await agentOf(cairn, session).sessions.appendEvent(session.id, toEvent(turn))
  const answer = again.duplicate ? paint.green('known already, stored once') : paint.red('stored twice')
  stage.line()
  stage.text(`The last turn again, as after a lost answer: ${answer}.`)
}
