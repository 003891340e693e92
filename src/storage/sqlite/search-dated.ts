import type { Database } from 'better-sqlite3'
import { overlaps, type TimeSpan, timesIn, toldWithin } from '../../search/dates.js'
import type { PoolItem } from '../../search/pool.js'
import type { SearchTerm } from '../../search/query.js'
import { countTerms, makeTermTable } from '../../search/term-table.js'
import { covered } from '../../search/word-evidence.js'
import type { LexicalQuery } from '../search-store.js'
import { inBatches } from './search-best.js'
import type { Candidate, IndexReads } from './search-candidates.js'
import type { HistoryQuery } from './search-histories.js'
import { anyTerm, inScope, onlyScope, scopeExpression } from './search-match.js'
import type { Found, RankedRow } from './search-read.js'
import type { FoundRow, RowReader } from './search-rows.js'
import { sql, tuples } from './statements.js'

// A question such as "last May" has no words that tell anything: what is of that time is looked for by its time.

/** A document is of the day on which its file was changed, which says nothing of what it is about. */
const datedAmong = sql(
  'search.datedAmong',
  `select i.id, i.time
   from json_each(:ids) wanted
   cross join search_items i on i.id = wanted.value
   where i.kind <> 'document' and i.time >= :from and i.time < :to`,
)

/** Some ten milliseconds for 300,000 items; only root asks for those of the whole store. */
const datedBetween = sql(
  'search.datedBetween',
  `select id, time
   from search_items
   where id < :below and id >= :above and +kind <> 'document' and time >= :from and time < :to
   order by id desc`,
)

const idsAtOnce = 20_000

/** Items that are looked at one by one, at most: a tenth of a second, or half a one where filters leave nearly none. */
const maxLooks = 100_000

/** As many that are of the time are found, or as many as are asked for; and as many of those told afterwards are read. */
const maxDated = 400

/** Where the words beside a date find fewer, the date itself is looked for as well. */
const fewFound = 20

/** What holds as much of the words beside a date is an answer by them, whatever day it is of. */
const enoughOfWords = 0.5

export interface Reading {
  read: RowReader
  itemOf: (row: FoundRow) => PoolItem
}

/** Whether a question names times and nothing else. */
export function isOnlyTimes({ besideTimes }: LexicalQuery): boolean {
  return besideTimes?.length === 0
}

/**
 * With what is of the times asked about, or speaks of them, where the words beside find little: the last stored first, before
 * what only holds words of the date. `others` are rows of no index that may be of then.
 */
export function withDated(
  db: Database,
  index: IndexReads,
  query: HistoryQuery,
  { read, itemOf }: Reading,
  found: Found,
  others: FoundRow[] = [],
): Found {
  if (!goesByTimes(index, query, found)) return found
  const { times = [], offset = 0, limit } = query
  const isThen = (row: FoundRow): boolean => speaksOf(itemOf(row), times)
  const held = new Set(found.rows.map(({ row }) => row.id))
  const walk = new TimeWalk(db, index, query)
  const enough = Math.max(maxDated, offset + limit)
  const dated = others.filter(isThen)
  for (const some of inBatches(walk.itemsOf(times))) {
    dated.push(...read(some).filter((row) => !held.has(row.id)))
    if (dated.length >= enough) break
  }
  for (const some of inBatches(walk.later)) {
    if (dated.length >= enough) break
    dated.push(...read(some).filter((row) => !held.has(row.id) && isThen(row)))
  }
  const of: FoundTimes = { found: found.rows, dated: dated.slice(0, enough), isThen }
  const rows = isOnlyTimes(query)
    ? aboveWords(of)
    : belowWords(of, holdingEnough(query.besideTimes ?? [], found, itemOf))
  return { ...found, rows, degraded: [...found.degraded, ...(walk.isCutShort ? [cutShort()] : [])] }
}

function goesByTimes(index: IndexReads, query: HistoryQuery, { rows }: Found): boolean {
  const { besideTimes } = query
  if (besideTimes === undefined) return false
  if (besideTimes.length === 0 || rows.length < fewFound) return true
  const scope = scopeExpression(query, (token) => index.isEmpty(token))
  return scope !== 'nothing' && index.count(inScope(scope, anyTerm(besideTimes, 'title body')), 0, fewFound) < fewFound
}

interface FoundTimes {
  found: RankedRow[]
  dated: FoundRow[]
  isThen: (row: FoundRow) => boolean
}

function aboveWords({ found, dated, isThen }: FoundTimes): RankedRow[] {
  const points = 1 + (found[0]?.score ?? 0)
  const then = found.filter(({ row }) => isThen(row))
  const ofThen = [...then, ...dated.map(unranked)].map((each) => ({ ...lifted(each, points), match: 1 }))
  return [...ofThen, ...found.filter((each) => !then.includes(each))]
}

/** What holds the words or is of the time stays where it is; what holds nothing but words of the date comes last. */
function belowWords({ found, dated, isThen }: FoundTimes, holdsWords: (row: FoundRow) => boolean): RankedRow[] {
  const best = found.filter(({ row }) => holdsWords(row) || isThen(row))
  const others = found.filter((each) => !best.includes(each))
  const score = (best.at(-1)?.score ?? 2) / 2
  const share = Math.min(1, score / (others[0]?.score ?? score))
  return [
    ...best,
    ...dated.map((row) => lifted(unranked(row), score)),
    ...others.map((each) => lifted(each, each.score * (share - 1))),
  ]
}

/** Whether a row holds half of the words beside the date, by their weights, of those that anything holds. */
function holdingEnough(
  besideTimes: SearchTerm[],
  { rows, terms }: Found,
  itemOf: (row: FoundRow) => PoolItem,
): (row: FoundRow) => boolean {
  const words = new Set(besideTimes.map(({ text }) => text))
  const beside = terms.filter(({ text }) => words.has(text))
  const table = makeTermTable(beside)
  const shares = new Map(rows.map(({ row }) => [row, countTerms(itemOf(row).text, table, beside.length)]))
  const known = beside.filter((_, term) => [...shares.values()].some((held) => (held.shares[term] ?? 0) > 0))
  const total = known.reduce((sum, { weight }) => sum + weight, 0)
  return (row) => {
    const held = shares.get(row)
    return held !== undefined && covered(held, beside, total) >= enoughOfWords
  }
}

const cutShort = (): string =>
  `lexical: looked at the times of ${maxLooks.toLocaleString('en')} items; what is of that time among older ones may be missing`

function speaksOf({ kind, time, said }: PoolItem, asked: TimeSpan[]): boolean {
  const own = kind === 'document' ? [] : [{ from: time, to: time + 1 }]
  const isAsked = (told: TimeSpan): boolean => asked.some((span) => overlaps(span, told))
  return own.some(isAsked) || timesIn(said(), time).some(isAsked)
}

function unranked(row: FoundRow): RankedRow {
  return { row, score: 0, match: 0, evidence: [] }
}

function lifted(ranked: RankedRow, points: number): RankedRow {
  if (points === 0) return ranked
  const evidence = [...ranked.evidence, { name: 'date' as const, points, weight: 1 }]
  return { ...ranked, score: ranked.score + points, evidence }
}

/** The stretch that all of the times are in; of those of any year, all time. */
function hullOf(times: TimeSpan[]): [from: number, to: number] {
  if (times.some(({ yearly }) => yearly)) return [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - toldWithin]
  return [Math.min(...times.map(({ from }) => from)), Math.max(...times.map(({ to }) => to))]
}

/** The items of a scope by their times, the last stored first. */
class TimeWalk {
  readonly #db: Database
  readonly #index: IndexReads
  readonly #scope: string
  /** What came by that is told afterwards, and may tell of then, as "yesterday" does. */
  readonly later: Candidate[] = []
  isCutShort = false

  constructor(db: Database, index: IndexReads, query: HistoryQuery) {
    this.#db = db
    this.#index = index
    this.#scope = scopeExpression(query, (token) => index.isEmpty(token))
  }

  *itemsOf(times: TimeSpan[]): Generator<Candidate> {
    const [from, end] = hullOf(times)
    const span = { from, to: end + toldWithin }
    let looks = 0
    for (const items of this.#scope === 'everything' ? this.#ofStore(span) : this.#ofScope(span)) {
      for (const [id, time] of items) {
        const instant = { from: time, to: time + 1 }
        if (times.some((asked) => overlaps(asked, instant))) yield { id, score: 0 }
        else if (this.later.length < maxDated) this.later.push({ id, score: 0 })
      }
      looks += items.length
      this.isCutShort = looks >= maxLooks
      if (this.isCutShort) return
    }
  }

  *#ofStore({ from, to }: TimeSpan): Generator<Item[]> {
    for (let below = this.#index.newest() + 1; below > 0; below -= idsAtOnce)
      yield tuples<Item>(this.#db, datedBetween, { below, above: below - idsAtOnce, from, to })
  }

  *#ofScope({ from, to }: TimeSpan): Generator<Item[]> {
    if (this.#scope === 'nothing') return
    const match = onlyScope(this.#scope)
    let [list, looks] = [this.#index.next(match, Number.MAX_SAFE_INTEGER), 0]
    while (list.ids.length > 0) {
      yield tuples<Item>(this.#db, datedAmong, { ids: JSON.stringify(list.ids), from, to })
      looks += list.ids.length
      if (list.below === 0) return
      if (looks >= maxLooks) break
      list = this.#index.next(match, list.below)
    }
    this.isCutShort = looks >= maxLooks
  }
}

type Item = [id: number, time: number]
