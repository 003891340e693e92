import { createHash } from 'node:crypto'
import { ancestors } from '../access/namespace.js'
import type { Owner } from '../access/policy.js'
import { decodeJsonObject, type Json } from '../json.js'
import type { MemoryType } from '../memories/memory.js'
import type { EventType } from '../sessions/event.js'
import { actorName } from '../sessions/event.js'
import { foldWords, stemOf, withJoinedWords } from './words.js'

/** Raised when texts are made another way; rows of an older version are indexed anew. */
export const indexTextVersion = 4

/** What full text holds of an item. `scope` are opaque words that cut a search to whoever asks; they weigh nothing. */
export interface IndexText {
  scope: string
  title: string
  body: string
}

const maxBodyLength = 65_536

/** A memory: its key is the title, the texts in its value the body. */
export function memoryIndexText(memory: { namespace: string; key: string; type: MemoryType }, value: Json): IndexText {
  return { scope: memoryScope(memory), ...memoryText(memory.key, value) }
}

export function memoryScope({ namespace, type }: { namespace: string; type: MemoryType }): string {
  return [kindToken('memory'), typeToken('memory', type), ...ancestors(namespace).map(memoryToken)].join(' ')
}

/** An event: who acted is the title, the texts in its content the body. */
export function eventIndexText(
  event: { session: string; owner: Owner; type: EventType; actor: string },
  content: Json,
): IndexText {
  return { scope: eventScope(event), ...eventText(event.actor, content) }
}

export function eventScope({ session, owner, type }: { session: string; owner: Owner; type: EventType }): string {
  return [kindToken('event'), typeToken('event', type), sessionToken(session), ownerToken(owner)].join(' ')
}

export function documentScope(namespace: string): string {
  return [kindToken('document'), ...ancestors(namespace).map(documentToken)].join(' ')
}

/** The words of an item, without whom it is for. */
export type ItemText = Omit<IndexText, 'scope'>

export function memoryText(key: string, value: Json, length = maxBodyLength): ItemText {
  return { title: normalize(withWords(key)), body: normalize(leafText(value, length)) }
}

export function eventText(actor: string, content: Json, length = maxBodyLength): ItemText {
  return { title: normalize(actorName(actor)), body: normalize(leafText(content, length)) }
}

export interface DocumentPlace {
  title: string
  heading: string
  path: string
  /** The front matter, a JSON object. */
  metadata: string
  /** How many pieces come before it. */
  position: number
}

/**
 * A piece of a document. Where it stands is its title: the document's own title, the headings above it and the path. The first
 * also has the words of the front matter that it does not say itself: a description mostly says again what stands below it.
 */
export function documentText(place: DocumentPlace, text: string, length = maxBodyLength): ItemText {
  const { heading, path } = place
  const named =
    heading === place.title || heading.startsWith(`${place.title} > `) ? heading : `${place.title} ${heading}`
  const title = normalize(`${named} ${withWords(path.replace(/\.[^./]*$/, ''))}`)
  const body = normalize(text.slice(0, length).toWellFormed())
  const about = frontMatterOf(place).flatMap(({ texts }) => texts)
  return {
    title,
    body: about.length === 0 ? body : `${body} ${otherWords(normalize(about.join(' ')), `${title} ${body}`)}`,
  }
}

function otherWords(words: string, text: string): string {
  const said = new Set(text.split(' ').map(stemOf))
  const others = words.split(' ').filter((word) => !said.has(stemOf(word)))
  return others.join(' ')
}

const maxFrontMatter = 2_000

/** Values that nobody looks for by their words: without a letter, dates, addresses, yes and no. */
const noWords = /^(?:\P{L}*|\d{4}-\d\d?-\d\d?.*|[a-z]+:\/\/.*|yes|no|on|off)$/su

/** The texts of front matter by its fields, but for the title, which stands elsewhere. None for all pieces but the first. */
function frontMatterOf({ metadata, position }: Pick<DocumentPlace, 'metadata' | 'position'>) {
  if (position > 0 || metadata === '{}') return []
  const { title: _, ...fields } = decodeJsonObject(metadata)
  let room = maxFrontMatter
  return Object.entries(fields).flatMap(([name, value]) => {
    const texts = leavesOf(value, room, (leaf) => !noWords.test(leaf))
    room -= texts.join(' ').length + 1
    return texts.length > 0 ? { name, texts } : []
  })
}

/** The same as people read it. */
export function readableFrontMatter(place: Pick<DocumentPlace, 'metadata' | 'position'>): string {
  return frontMatterOf(place)
    .map(({ name, texts }) => `${name}: ${texts.join(', ')}`)
    .join('; ')
}

/** The string leaves of a JSON value in their order, members named `text` first, keys left out. At most `length` characters. */
export function leafText(value: Json, length = maxBodyLength): string {
  return leavesOf(value, length).join(' ')
}

function leavesOf(value: Json, length: number, tells: (leaf: string) => boolean = () => true): string[] {
  const leaves: string[] = []
  collect(value, leaves, { room: length, tells })
  return leaves
}

function collect(value: Json, leaves: string[], budget: { room: number; tells: (leaf: string) => boolean }): void {
  if (budget.room <= 0) return
  if (typeof value === 'string') {
    if (!budget.tells(value)) return
    const leaf = value.length > budget.room ? value.slice(0, budget.room).toWellFormed() : value
    leaves.push(leaf)
    budget.room -= leaf.length + 1
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, leaves, budget)
  } else if (value !== null && typeof value === 'object') {
    if (Object.hasOwn(value, 'text')) collect(value.text ?? null, leaves, budget)
    for (const [name, member] of Object.entries(value)) if (name !== 'text') collect(member, leaves, budget)
  }
}

const unspacedScripts = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Thai', 'Lao', 'Khmer', 'Myanmar']
const letters = `${unspacedScripts.map((script) => `\\p{Script=${script}}`).join('')}ー々`
const unspaced = new RegExp(`[${letters}]`, 'u')
/** Texts that are not folded yet have marks, and the half-width signs for long and voiced sounds. */
const unspacedRun = new RegExp(`[${letters}][${letters}ｰﾞﾟ\\p{M}\\p{Cf}]*`, 'gu')

export function hasUnspaced(text: string): boolean {
  return unspaced.test(text)
}

/** Runs of scripts that are written without spaces, and what stands between them, in order. */
export function splitUnspaced(text: string): { unspaced: boolean; text: string }[] {
  const parts: { unspaced: boolean; text: string }[] = []
  let end = 0
  for (const run of text.matchAll(unspacedRun)) {
    if (run.index > end) parts.push({ unspaced: false, text: text.slice(end, run.index) })
    parts.push({ unspaced: true, text: run[0] })
    end = run.index + run[0].length
  }
  if (end < text.length) parts.push({ unspaced: false, text: text.slice(end) })
  return parts
}

/**
 * Words, and runs of Chinese, Japanese, Korean, Thai and the like, which have no spaces, as overlapping pairs with the
 * last character alone: 東京都 → 東京 京都 都. A word of two characters is then found as itself, one of one as the start of
 * a pair.
 */
export function normalize(text: string): string {
  // Most texts, and what Unicode makes of them costs ten times as much.
  if (isAscii(text)) return withJoinedWords(text.toLowerCase()).replaceAll(/[^a-z0-9]+/g, ' ')
  const normal = foldWords(text)
  return hasUnspaced(normal) ? normal.replace(unspacedRun, (run) => ` ${bigrams(run).join(' ')} `) : normal
}

export function isAscii(text: string): boolean {
  return !/\P{ASCII}/u.test(text)
}

function bigrams(run: string): string[] {
  const characters = [...run]
  return characters.map((character, index) => character + (characters[index + 1] ?? ''))
}

/** A key such as favoriteColor, with its words beside it, so that it is found by either. */
function withWords(key: string): string {
  const words = key.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
  return words === key ? key : `${key} ${words}`
}

export const kindToken = (kind: string): string => token(`kind ${kind}`)
export const typeToken = (kind: string, type: string): string => token(`type ${kind} ${type}`)
export const memoryToken = (namespace: string): string => token(`memory ${namespace}`)
export const documentToken = (namespace: string): string => token(`document ${namespace}`)
export const sessionToken = (session: string): string => token(`session ${session}`)
export const ownerToken = (owner: Owner): string => token(`owner ${JSON.stringify([owner.app, owner.user])}`)

const tokens = new Map<string, string>()

/** A word that no stemmer changes, since it ends with a digit. 60 bits, and the row itself is checked again. */
function token(meaning: string): string {
  let found = tokens.get(meaning)
  if (found === undefined) {
    found = `s${createHash('sha256').update(meaning).digest('hex').slice(0, 15)}0`
    if (tokens.size >= 10_000) tokens.clear()
    tokens.set(meaning, found)
  }
  return found
}
