import type { Json } from '../json.js'
import { leafText } from '../search/index-text.js'
import { actorName } from '../sessions/event.js'

/** What of a long text is embedded. Models read some thousand tokens at most, and cut what is longer. */
const maxLength = 32_768

/** A memory as a model reads it: its key, and the texts in its value. Empty when there is nothing but the key. */
export function memoryEmbeddingText(key: string, value: Json): string {
  const text = leafText(value, maxLength).trim()
  return text === '' ? '' : cut(`${key}: ${text}`)
}

/** An event: who says it, if that is told, and the texts in its content. */
export function eventEmbeddingText(actor: string, content: Json): string {
  const text = leafText(content, maxLength).trim()
  if (text === '') return ''
  const name = actorName(actor)
  return cut(name === '' ? text : `${name}: ${text}`)
}

/** A section of a document, below the headings that it stands under. */
export function chunkEmbeddingText(place: { title: string; heading: string }, text: string): string {
  const body = text.trim()
  return body === '' ? '' : cut(`${place.heading === '' ? place.title : place.heading}\n${body}`)
}

function cut(text: string): string {
  return text.slice(0, maxLength).toWellFormed()
}
