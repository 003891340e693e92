import { decodeJson, type Json } from '../../json.js'
import { documentText, eventText, leafText, memoryText, normalize } from '../../search/index-text.js'
import type { PoolItem } from '../../search/pool.js'
import { type Asking, askingIn, readText, type TextToRead } from '../../search/read-text.js'
import { actorName } from '../../sessions/event.js'
import type { FoundRow } from './search-rows.js'

/** What of a long text is ranked. A word that comes later still counts, as a candidate's. */
export const rankedLength = 8_192

/** Rows as ranking sees them, each looked at once, until old texts are forgotten. */
export function poolItems(length: number): (row: FoundRow) => PoolItem {
  const known = new Map<number | FoundRow, PoolItem>()
  return (row) => {
    const item = known.get(row.id ?? row) ?? toPoolItem(row, length)
    known.set(row.id ?? row, item)
    return item
  }
}

/** A row as ranking sees it; at most `length` characters of its text. */
export function toPoolItem(row: FoundRow, length: number): PoolItem {
  if (row.kind === 'memory') {
    const { key, value, recordedAt } = row.memory
    const text = readText(`${length} ${key}\n${value}`, () => readMemory(key, decodeJson(value), length))
    return { kind: 'memory', time: recordedAt, text, said: () => saidIn(decodeJson(value)) }
  }
  if (row.kind === 'document') {
    const { chunk } = row
    const { document, title, heading, path, position, metadata, modifiedAt } = chunk
    const about = position === 0 ? metadata : ''
    const source = `${length} ${title}\n${heading}\n${path}\n${about}\n${chunk.text}`
    const said = (): string => chunk.text.slice(0, saidLength)
    const text = readText(source, () => ({ ...documentText(chunk, chunk.text, length), said: said() }))
    return { kind: 'document', whole: document, time: modifiedAt, text, said }
  }
  const { actor, content, timestamp, seq } = row.event
  const text = readText(`${length} ${actor}\n${content}`, () => readEvent(actor, decodeJson(content), length))
  const said = (): string => saidIn(decodeJson(content))
  return { kind: 'event', whole: row.session, place: seq, speaker: actorName(actor), time: timestamp, text, said }
}

/** What a row holds: JSON, or the markdown of a document. */
export function textOf(row: FoundRow): string {
  if (row.kind === 'memory') return row.memory.value
  return row.kind === 'event' ? row.event.content : row.chunk.text
}

/** The words of a row as people read them. */
export function readableText(row: FoundRow): string {
  if (row.kind === 'document') return row.chunk.text
  const json = textOf(row)
  return leafText(decodeJson(json)) || json
}

/** A title in the value is one, beside the key; it also stays a part of the text. */
function readMemory(key: string, value: Json, length: number): TextToRead {
  const { title, body } = memoryText(key, value, length)
  const own = memberOf(value, 'title')
  return { title: own === undefined ? title : `${title} ${normalize(own)}`, body, said: saidIn(value) }
}

function readEvent(actor: string, content: Json, length: number): TextToRead {
  return { ...eventText(actor, content, length), said: saidIn(content) }
}

/** What an event says of questions, without reading its words. */
export function askingOf(content: string): Asking {
  return askingIn(saidIn(decodeJson(content)))
}

const saidLength = 4_000

/** The member named `text`, if there is one: what was said, without captions and the like. */
function saidIn(value: Json): string {
  return memberOf(value, 'text')?.slice(0, saidLength) ?? leafText(value, saidLength)
}

function memberOf(value: Json, name: string): string | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined
  const member = value[name]
  return typeof member === 'string' ? member : undefined
}
