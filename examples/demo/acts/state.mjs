import { personOf } from '../play.mjs'
import { shortAddress, valueText } from '../words.mjs'

/** State: small values by scope, and what becomes of them when a session ends. */
export async function actState(show) {
  const { cairn, stage, story, meter } = show
  const { user, session, delta } = story.state
  await stage.act(
    'State, and how a session ends',
    `Session ${session} of ${user} is still open. What it sees, nearest first:`,
  )
  const { sessions } = personOf(cairn, user, story.project)
  if (delta) {
    const event = { type: 'state_change', actor: 'agent', content: {}, stateDelta: delta }
    await meter.write(1, () => sessions.appendEvent(session, event))
  }
  await meter.write(1, () => cairn.sessions.setState(session, 'app:greeting', 'hello'))
  await showScopes(show, sessions)
  await showEnd(show, sessions)
}

async function showScopes({ stage, story }, sessions) {
  const { session, user, key } = story.state
  const { paint } = stage
  const notes = {
    session: 'here only',
    user: `${user}, in every session`,
    project: `all who work on ${story.project}`,
    app: 'everyone, written by root',
  }
  const state = await sessions.state(session)
  const wins = new Set()
  const temp = await sessions.getState(session, 'temp:draft')
  const rows = [
    ['temp', 'draft', valueText(temp ?? '–'), 'gone with its turn, never stored'].map((text) => ({
      text,
      paint: paint.dim,
    })),
  ]
  for (const scope of ['session', 'user', 'app', 'project']) {
    for (const [name, value] of Object.entries(state[scope])) {
      const color = wins.has(name) ? paint.dim : paint.green
      wins.add(name)
      const note = { text: notes[scope], paint: paint.dim }
      rows.push([{ text: scope, paint: paint.cyan }, name, { text: valueText(value), paint: color }, note])
    }
  }
  await stage.rows(rows, { pause: 60 })
  const answer = await sessions.getState(session, key)
  stage.line()
  stage.text(`getState('${key}') is ${paint.green(JSON.stringify(answer))}: the session goes before the user.`)
}

async function showEnd({ stage, story, meter }, sessions) {
  const { session, key } = story.state
  const { paint } = stage
  const { kept } = await meter.write(1, () => sessions.terminate(session))
  const names = kept.map((memory) => paint.cyan(`${shortAddress(memory)} v${memory.version}`)).join(', ')
  const after = await sessions.getState(session, key)
  stage.text(
    `Terminated: what it set for its user became memory, ${names}; its own state is cleared, and getState('${key}') is ${paint.green(JSON.stringify(after))}.`,
  )
}
