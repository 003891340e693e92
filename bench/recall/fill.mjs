// Puts a set into a store. Each returns how a query is asked: a function to the hits of up to 100 items, and the item
// that a hit is of. Searches take the options given.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const fill = { conversations: fillConversations, abstracts: fillAbstracts, pages: fillPages }

const limit = 100

/** One user for each conversation, who asks about it; one session for each of its sessions. */
async function fillConversations(cairn, { corpus }, _folder, options) {
  const handles = new Map()
  const sessions = new Map()
  for (const turn of corpus) {
    const { conversation, session } = turn
    if (!handles.has(conversation)) handles.set(conversation, cairn.as({ app: 'recall', user: conversation }))
    if (!sessions.has(session)) sessions.set(session, { agent: handles.get(conversation), turns: [] })
    sessions.get(session).turns.push(turn)
  }
  for (const [id, { agent, turns }] of sessions) {
    await agent.sessions.create({ id })
    await agent.sessions.appendEvents(id, turns.map(toEvent))
  }
  return {
    find: ({ conversation, text }) => handles.get(conversation).search(text, { ...options, limit }),
    itemOf: ({ ref }) => ref.eventId,
  }
}

function toEvent({ id, text, speaker, date, image_caption: caption }) {
  return {
    eventId: id,
    type: 'message',
    actor: speaker ? `user:${speaker}` : 'user',
    content: { text, ...(caption && { caption }) },
    ...(date && { timestamp: inUtc(date) }),
  }
}

function inUtc(date) {
  return /(Z|[+-]\d\d:?\d\d)$/.test(date) ? date : new Date(`${date}${date.includes('T') ? '' : 'T00:00'}Z`)
}

/** A memory for each, its id the key. */
async function fillAbstracts(cairn, { corpus }, _folder, options) {
  const memories = corpus.map(({ id, title, text }) => ({
    namespace: 'project:recall',
    key: id,
    value: { ...(title && { title }), text },
    type: 'semantic',
  }))
  for (let from = 0; from < memories.length; from += 500) await cairn.memories.addMany(memories.slice(from, from + 500))
  const agent = cairn.as({ project: 'recall', user: 'reader' })
  return { find: ({ text }) => agent.search(text, { ...options, limit }), itemOf: ({ ref }) => ref.key }
}

/** Files on disk, synced as documents; a hit on a part of a page counts for the page. */
async function fillPages(cairn, { corpus }, folder, options) {
  const root = join(folder, 'pages')
  for (const { id, text } of corpus) {
    mkdirSync(dirname(join(root, id)), { recursive: true })
    writeFileSync(join(root, id), text)
  }
  if (cairn.documents === undefined) throw new Error('pages need cairn.documents, which is not here')
  await cairn.documents.sync(root)
  const known = new Set(corpus.map(({ id }) => id))
  const itemOf = ({ ref }) => {
    const path = ref.path.split('\\').join('/')
    return known.has(path) ? path : path.slice(path.indexOf(`${root}/`) + root.length + 1)
  }
  return { find: ({ text }) => cairn.search(text, { ...options, kinds: ['document'], limit }), itemOf }
}
