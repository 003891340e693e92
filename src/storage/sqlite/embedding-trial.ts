import type { Database } from 'better-sqlite3'
import type { TrialSample } from '../embedding-store.js'
import { countVectors } from './embedding-progress.js'
import { findSpace } from './embedding-spaces.js'
import { embeddingTexts } from './embedding-texts.js'
import { all, get, run, sql } from './statements.js'
import { storedVectors } from './vector-read.js'

const lastOf = sql(
  'embeddings.lastOf',
  `select max(item) as item
   from embedding_codes
   where space_id = :space`,
)

/** Of each stretch the first item, and whose it is: of what a session holds its user, or a namespace. */
const ownedItems = sql(
  'embeddings.ownedItems',
  `select i.id as item, ifnull('user:' || ifnull(json_extract(i.owner, '$[1]'), s.user_id), i.namespace) as place
   from json_each(:from) wanted
   cross join search_items i on i.id = (
     select c.item
     from embedding_codes c
     where c.space_id = :space and c.item >= wanted.value and c.item < wanted.value + :length and c.code is not null
     order by c.item
     limit 1)
   left join sessions s on i.owner is null and i.namespace glob 'session:*'
     and s.id = substr(i.namespace, 9, instr(substr(i.namespace, 9) || ':', ':') - 1)`,
)

const note = sql(
  'embeddings.noteTrial',
  `update embedding_spaces
   set found = :found, tried_with = :vectors, tried_to = ifnull((select max(change_seq) from embedding_codes), 0)
   where name = :space`,
)

const newVector = sql(
  'embeddings.newVector',
  `select change_seq
   from embedding_codes
   where change_seq > :after and +space_id = :space and code is not null
   limit 1 offset :offset`,
)

/** Of so many items it is looked whose they are: an owner with less than one in a thousand of them has a few among these. */
const itemsAtMost = 20_000

/** Its multiples, without what is before the point, are spread evenly, however many they are. */
const golden = 0.6180339887

/** Each word of a half says something, so a half of fewer is hardly a text. */
const leastWords = 12

interface OwnedItem {
  item: number
  owner: string
}

/**
 * How many vectors a space is to be tried with: when it has `fewest`, when half of those it was tried with are gone, and
 * when as many came since. Null while it need not be.
 */
export function trialDue(db: Database, { space, fewest }: { space: string; fewest: number }): number | null {
  const found = findSpace(db, space)
  if (found === undefined) return null
  const { id, triedWith, triedTo } = found
  const vectors = countVectors(db, id)
  if (triedWith > 0 && 2 * vectors <= triedWith) return vectors
  const hasNew = (): boolean => get(db, newVector, { space: id, after: triedTo, offset: triedWith - 1 }) !== undefined
  return vectors >= fewest && (triedWith === 0 || hasNew()) ? vectors : null
}

/** From all over the store and of all its owners alike, the same ones for the same store. */
export function trialSample(
  db: Database,
  { space, texts, others }: { space: string; texts: number; others: number },
): TrialSample | null {
  const found = findSpace(db, space)
  if (found === undefined) return null
  const items = inTurn(mixed(itemsOf(db, found.id))).slice(0, 2 * (texts + others))
  const read = embeddingTexts(db, idsOf(items))
  const isLong = ({ item }: OwnedItem): boolean => (read.get(item)?.text.split(/\s+/).length ?? 0) >= leastWords
  const long = inTurn(items.filter(isLong)).slice(0, texts)
  const chosen = new Set(idsOf(long))
  const rest = idsOf(items).filter((item) => !chosen.has(item))
  return {
    texts: long.map(({ item, owner }) => ({ text: read.get(item)?.text ?? '', owner })),
    others: Array.from(storedVectors(db, found, rest.slice(0, others)).values(), (vector) => Float32Array.from(vector)),
  }
}

function idsOf(items: OwnedItem[]): number[] {
  return items.map(({ item }) => item)
}

function itemsOf(db: Database, space: number): OwnedItem[] {
  const last = get<{ item: number | null }>(db, lastOf, { space })?.item ?? 0
  const count = Math.min(itemsAtMost, last)
  const length = last / count
  // What is stored in turns of a fixed length is not met at the same turn again and again.
  const from = Array.from(
    { length: count },
    (_, index) => Math.floor((index + ((index * Math.SQRT2) % 1)) * length) + 1,
  )
  const stretches = { from: JSON.stringify(from), length: Math.ceil(length) }
  const rows = all<{ item: number; place: string }>(db, ownedItems, { space, ...stretches })
  const owners = new Map(rows.map(({ item, place }) => [item, place.split(':', 2).join(':')]))
  return Array.from(owners, ([item, owner]) => ({ item, owner }))
}

/** Neighbours in the store are apart, whatever their number. */
function mixed<Item>(items: Item[]): Item[] {
  return items
    .map((item, index) => ({ item, at: (index * golden) % 1 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** One of each owner, then a second one of each that has two, and so on. */
function inTurn(items: OwnedItem[]): OwnedItem[] {
  const counts = new Map<string, number>()
  return items
    .map((item) => {
      const turn = counts.get(item.owner) ?? 0
      counts.set(item.owner, turn + 1)
      return { item, turn }
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ item }) => item)
}

export function noteTrial(db: Database, input: { space: string; found: number | null; vectors: number }): void {
  run(db, note, input)
}
