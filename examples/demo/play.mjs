import { UsageError } from './arguments.mjs'
import { deriveOperations, remember } from './remember.mjs'

const app = 'demo'
const batch = 1000

/** Codes that tell of a fault in the conversation, not in the store. */
const faults = new Set(['invalid_input', 'not_found', 'already_exists', 'immutable', 'forbidden', 'too_large'])

/**
 * Plays sessions into a store: each turn an event with its time and speaker, state and memories as the lines say; with
 * `derive`, also what `remember.mjs` can say of any session. A conversation is a user. All but the last session of a
 * user are terminated. `onSession` is awaited after each one.
 */
export async function play(cairn, sessions, { clock, meter, dayOf, derive, onSession }) {
  const last = new Map(sessions.map(({ user, id }) => [user, id]))
  const known = new Set()
  for (const session of sessions) {
    const { id, user, turns } = session
    const agent = agentOf(cairn, session)
    clock.set(turns[0].time)
    await meter.write(1, () => agent.sessions.create({ id }))
    const annotated = turns.some(({ memory }) => memory !== undefined)
    const learned = await (annotated ? playTurnByTurn : playAtOnce)(agent, session, { clock, meter })
    if (derive) learned.push(...(await rememberAll(agent, deriveOperations(session, known, dayOf), { meter, turns })))
    if (last.get(user) !== id) await meter.write(1, () => agent.sessions.terminate(id))
    await onSession({ session, learned })
  }
}

/** The handle that an agent works with: it may do what its user may, and write what the project shares. */
export function agentOf(cairn, { user, turns }) {
  const { project } = turns[0]
  const speaker = turns.find(({ agent }) => agent === true)?.speaker
  return cairn.as({ app, user, ...(speaker && { agent: speaker }), ...inProject(project) })
}

/** The handle of a person. */
export function personOf(cairn, user, project) {
  return cairn.as({ app, user, ...inProject(project) })
}

function inProject(project) {
  return project === undefined ? {} : { project, grants: ['project:write'] }
}

async function playTurnByTurn(agent, { id, turns }, { clock, meter }) {
  const learned = []
  for (const turn of turns) {
    clock.set(turn.time)
    await blaming([turn], () => meter.write(1, () => agent.sessions.appendEvent(id, toEvent(turn))))
    for (const operation of [turn.memory ?? []].flat()) {
      const write = () => meter.write(1, () => remember(agent.memories, operation, turn.id))
      learned.push({ operation, memory: await blaming([turn], write) })
    }
  }
  return learned
}

async function playAtOnce(agent, { id, turns }, { clock, meter }) {
  clock.set(turns.at(-1).time)
  for (let from = 0; from < turns.length; from += batch) {
    const part = turns.slice(from, from + batch)
    await blaming(part, () => meter.write(part.length, () => agent.sessions.appendEvents(id, part.map(toEvent))))
  }
  return []
}

/** All at the same time: the writer commits them together. */
async function rememberAll(agent, operations, { meter, turns }) {
  const write = async (operation) => ({ operation, memory: await remember(agent.memories, operation, turns[0].id) })
  return meter.write(operations.length, () => Promise.all(operations.map(write)))
}

/** Says which lines a refusal is about. */
async function blaming(turns, call) {
  try {
    return await call()
  } catch (error) {
    if (!faults.has(error.code)) throw error
    const lines = turns.length === 1 ? `Line ${turns[0].line}` : `Lines ${turns[0].line} to ${turns.at(-1).line}`
    throw new UsageError(`${lines}: ${error.message}`)
  }
}

/** A retry of an event must say the same, so this is a function of the turn alone. */
export function toEvent(turn) {
  const { text, image_caption, state } = turn
  return {
    eventId: turn.id,
    type: 'message',
    actor: `${turn.agent ? 'agent' : 'user'}:${turn.speaker}`,
    timestamp: turn.time,
    content: { text, ...(image_caption && { image_caption }) },
    ...(state && { stateDelta: state }),
  }
}
