import { count, dayFormat } from '../words.mjs'

/** What the tasks of the swarm are, and how each is done. All that its processes know of one another goes through the store. */

export const app = 'demo'
const mostUsers = 4
const mostSessions = 4

export function namespaceOf(project) {
  return `project:${project}:swarm`
}

/** The newest sessions of the first users: enough to see, few enough to wait for. */
export function chooseSessions(sessions) {
  const users = [...new Set(sessions.map(({ user }) => user))].slice(0, mostUsers)
  return users.flatMap((user) => sessions.filter((session) => session.user === user).slice(-mostSessions))
}

/** One task for each session, one for each user when the user's sessions are read, and a report at the end. */
export function planTasks(sessions, project) {
  const users = [...new Set(sessions.map(({ user }) => user))]
  const read = sessions.map(({ id, user }) => ({
    id: `read ${id}`,
    prompt: `Read session ${id} and note who said how much, and what is known from it.`,
    input: { kind: 'read', user, session: id },
  }))
  const sums = users.map((user) => ({
    id: `sum up ${user}`,
    prompt: `Add up what was noted of ${user}'s sessions.`,
    priority: 7,
    dependsOn: read.filter(({ input }) => input.user === user).map(({ id }) => id),
    input: { kind: 'sum', user },
  }))
  const report = {
    id: 'report',
    prompt: `Write a sentence about all who work on ${project}.`,
    priority: 9,
    dependsOn: sums.map(({ id }) => id),
    input: { kind: 'report' },
  }
  return [...read, ...sums, report].map((task) => ({ ...task, agentType: task.input.kind, project }))
}

/** Does a task, keeps what came out as a memory of the project, and returns its text. */
export async function doTask(cairn, { task, project, agent }) {
  const { kind, user, session } = task.input
  // With the rights of whom it is for: who reads for Alice cannot see what is Bob's, and the report sees neither's.
  const handle = cairn.as({ app, project, agent, grants: ['project:write'], ...(user && { user }) })
  const value = await { read: readSession, sum: sumUp, report: writeReport }[kind](handle, { project, user, session })
  await keep(handle.memories, { namespace: namespaceOf(project), key: task.id, value: { kind, ...value } })
  return value.text
}

async function readSession({ sessions, memories }, { project, user, session }) {
  const events = await all((page) => sessions.events(session, { type: 'message', ...page }))
  const said = new Set(events.map(({ eventId }) => eventId))
  const learned = async (namespace) =>
    (await all((page) => memories.list({ namespace, ...page }))).filter(({ metadata }) => said.has(metadata.source))
  const told = (await learned(`project:${project}`)).map(({ key }) => key)
  const own = (await learned(`user:${user}`)).length
  const actors = events.map(({ actor }) => actor.split(':'))
  const people = [...new Set(actors.flatMap(([role, name]) => (role === 'user' && name) || []))]
  const days = [events[0].timestamp, events.at(-1).timestamp]
  const text = [count(events.length, 'turn'), ...told, ...privately(own)].join(', ')
  return { user, people, turns: events.length, days, told, own, text }
}

/** What is private is counted, and not named. */
function privately(own) {
  return own > 0 ? [`${own} private`] : []
}

async function sumUp({ memories }, { project, user }) {
  const notes = (await notesOf(memories, project, 'read')).filter((note) => note.user === user)
  const sum = addUp(notes)
  const { turns, told, own } = sum
  const shared = told.length > 0 ? [`${told.length} shared`] : []
  const numbers = [`${count(turns, 'turn')} in ${count(notes.length, 'session')}`, ...shared, ...privately(own)]
  return { user, sessions: notes.length, ...sum, text: numbers.join(', ') }
}

async function writeReport({ memories }, { project }) {
  const notes = await notesOf(memories, project, 'sum')
  const { turns, days } = addUp(notes)
  const sessions = notes.reduce((sum, note) => sum + note.sessions, 0)
  const dayOf = dayFormat(days.map((time) => ({ turns: [{ time }] })))
  const numbers = `${count(turns, 'turn')} in ${count(sessions, 'session')}, ${dayOf(days[0])} to ${dayOf(days[1])}`
  const parts = notes.map(({ user, people, told, turns }) =>
    told.length > 0
      ? `${user} told ${project} the ${some(told)}`
      : `${user}: ${count(turns, 'turn')} of ${some(people)}`,
  )
  return { text: `${numbers}. ${parts.join('; ')}.` }
}

function some(names) {
  const left = names.length - 8
  return left > 1 ? `${names.slice(0, 8).join(', ')} and ${left} more` : names.join(', ')
}

function addUp(notes) {
  const union = (field) => [...new Set(notes.flatMap((note) => note[field]))]
  const sum = (field) => notes.reduce((total, note) => total + note[field], 0)
  const days = union('days').sort()
  return {
    people: union('people'),
    turns: sum('turns'),
    days: [days[0], days.at(-1)],
    told: union('told'),
    own: sum('own'),
  }
}

async function notesOf(memories, project, kind) {
  const items = await all((page) => memories.list({ namespace: namespaceOf(project), ...page }))
  return items.map(({ value }) => value).filter((value) => value.kind === kind)
}

async function all(list) {
  const items = []
  for (let cursor; ; ) {
    const page = await list({ limit: 1000, ...(cursor && { cursor }) })
    items.push(...page.items)
    if (page.next === null) return items
    cursor = page.next
  }
}

/** A task that is done a second time finds what the first try has left. */
async function keep(memories, { namespace, key, value }) {
  const before = await memories.get(namespace, key)
  if (before === null) await memories.add({ namespace, key, value, type: 'semantic' })
  else await memories.update(namespace, key, value, { ifVersion: before })
}
