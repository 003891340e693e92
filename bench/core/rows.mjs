// The things that are stored, in the form the product takes and in the form the raw loop takes.
import { eventIndexText, memoryIndexText } from '../../dist/search/index-text.js'
import { seededRandom } from '../seeded.mjs'
import { sentence, vocabulary, zipf } from './text.mjs'

const now = Date.UTC(2026, 0, 1)

export function makeTexts(seed = 1) {
  const random = seededRandom(seed)
  const draw = zipf(vocabulary(20_000, random), random)
  return { random, draw, text: (length = 20) => sentence(draw, length) }
}

/** What a caller adds: about 150 bytes of text. */
export function memoryInput(texts, id, user = `u${id % 100}`) {
  return { namespace: `user:${user}:notes`, key: `note-${id}`, value: { text: texts.text() }, type: 'semantic' }
}

export function memoryRow(input, id) {
  const { scope, title, body } = memoryIndexText(input, input.value)
  return {
    chain: `chain-${String(id).padStart(30, '0')}`,
    ...input,
    value: JSON.stringify(input.value),
    scope,
    title,
    body,
    now: now + id,
  }
}

export function eventInput(texts, id) {
  return {
    eventId: `event-${String(id).padStart(30, '0')}`,
    type: 'message',
    actor: 'user:alice',
    content: { text: texts.text() },
  }
}

export function eventRow(input, session, seq, owner = { app: 'bench', user: 'alice' }) {
  const { scope, title, body } = eventIndexText({ session, owner, type: input.type, actor: input.actor }, input.content)
  return {
    ...{ session, seq, eventId: input.eventId, value: JSON.stringify(input.content), namespace: `session:${session}` },
    ...{ owner: JSON.stringify([owner.app, owner.user]), scope, title, body, now: now + seq },
  }
}
