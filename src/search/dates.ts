import {
  calendarSpan,
  day,
  dayBesideMonth,
  dayOfWeek,
  monthsFrom,
  startOfDay,
  type TimeSpan,
  type Which,
  yearlySpan,
} from './calendar.js'

import { absolute, bare, relative, relativeAsked, stretches, teens, tens, units } from './date-patterns.js'
import { anyYear, type Groups, readNamed, spanInYear, stretchOf } from './named-times.js'

export type { TimeSpan }

const counts = new Map([
  ...`${units}|${teens}`.split('|').map((word, index) => [word, index + 1] as const),
  ...tens.split('|').map((word, index) => [word, 10 * index + 20] as const),
])
const unitDays: Record<string, number> = {
  ...{ hour: 1 / 24, day: 1, week: 7, weekend: 7, fortnight: 14 },
  ...{ month: 30.4, quarter: 91.3, year: 365.25 },
}

// What is beyond has no part in a question, and in a text the first times are the telling ones.
const longest = 4_000

/** The times that a text speaks of, seen from a moment: "7 May 2023", "in June", "yesterday", "two weeks before 3 July". */
export function timesIn(text: string, moment: number): TimeSpan[] {
  return placesOfTimes(text, moment).map(({ span }) => span)
}

/** The times that a question asks about: not the 3rd of July where it is about two weeks before that. */
export function timesAsked(text: string, moment: number): TimeSpan[] {
  const places = placesOfTimes(text, moment, ofQuestions)
  const origins = new Set(places.map(({ origin }) => origin))
  return places.filter((place) => !origins.has(place)).map((place) => openSpan(text, place, moment))
}

const openWord = /\b(since|before|after|until|till) (?:the )?$/i
const ever = 8.64e15

/** "Since May" is until now, "before 2022" and "until May" from the beginning. */
function openSpan(text: string, { start, end, span }: Place, moment: number): TimeSpan {
  const first = text.slice(start, end).match(/^(?:since|before|after|until) /i)?.[0] ?? ''
  const word = text
    .slice(0, start + first.length)
    .match(openWord)?.[1]
    ?.toLowerCase()
  const now = startOfDay(moment) + day
  const { from, to } = span.yearly ? inYearOf(span, moment) : span
  if (word === 'since') return from < now ? { from, to: now } : span
  if (word === 'after') return to < now ? { from: to, to: now } : span
  if (word === 'before') return { from: -ever, to: from }
  return word === 'until' || word === 'till' ? { from: -ever, to } : span
}

/** What a text says beside the times in it. */
export function withoutTimes(text: string, moment: number): string {
  let rest = text.toLowerCase()
  for (const { start, end } of placesOfTimes(text, moment, ofQuestions))
    rest = rest.slice(0, start) + ' '.repeat(end - start) + rest.slice(end)
  return rest
}

/** What is counted from another time comes after it. */
function placesOfTimes(text: string, moment: number, patterns = ofTexts): Place[] {
  const lower = text.slice(0, longest).toLowerCase()
  const today = startOfDay(moment)
  const dates = absoluteTimes(lower, today, patterns.absolute)
  return [...dates, ...relativeTimes(lower, today, dates, patterns.relative)]
}

const ofTexts = { absolute, relative }
const ofQuestions = { absolute: [...absolute, ...bare], relative: relativeAsked }

interface Place {
  start: number
  end: number
  span: TimeSpan
  /** What it is counted from. */
  origin?: Place
}

function absoluteTimes(text: string, today: number, patterns: RegExp[]): Place[] {
  if (!mayName.test(text)) return []
  const places = stretchesIn(text)
  for (const pattern of patterns) {
    for (const { 0: words, index: start, groups = {} } of text.matchAll(pattern)) {
      const end = start + words.length
      const span = toSpan(groups, today)
      if (span && !places.some((other) => start < other.end && end > other.start)) places.push({ start, end, span })
    }
  }
  return places
}

/** Most texts name no date, which this sees sooner. */
const mayName =
  /\d|\b(?:in|during|of|this|since|until|for|by|last|next|early|late|from|between|till|before|after) [a-z]|january|february|july|tember|tober|ovember|december/

function stretchesIn(text: string): Place[] {
  return stretches.flatMap((pattern) =>
    Array.from(text.matchAll(pattern)).flatMap(({ 0: words, index: start, groups = {} }) => {
      const span = stretchOf(groups.one ?? '', groups.two ?? '')
      return span ? [{ start, end: start + words.length, span }] : []
    }),
  )
}

const nearDays: Record<string, Which> = { yesterday: 'last', tomorrow: 'next' }

function toSpan({ which, ...groups }: Groups, today: number): TimeSpan | undefined {
  const named = readNamed(groups)
  if (named.year !== undefined) return spanInYear(named, named.year)
  if (which !== undefined)
    return yearlySpan(which as Which, (given) => spanInYear(named, given) ?? monthsFrom(given, 0, 12), today)
  const span = spanInYear(named, anyYear)
  return span && { ...span, yearly: true }
}

function relativeTimes(text: string, today: number, dates: Place[], pattern: RegExp): Place[] {
  const matches = Array.from(text.matchAll(pattern), ({ 0: words, index, groups = {} }) => ({
    ...{ start: index, end: index + words.length, groups },
  }))
  const named = matches.flatMap(({ groups, ...place }) => {
    const span = namedSpan(groups, today)
    return span ? [{ ...place, span }] : []
  })
  const origins = [...dates, ...named]
  const counted = matches.flatMap(({ groups, ...place }) => {
    if (groups.many === undefined || groups.many === 'hour') return []
    const origin = countsFrom.test(groups.way ?? '') ? origins.find((other) => follows(other, place)) : undefined
    const span = countedSpan(groups, today, origin?.span)
    return span ? [{ ...place, span, ...(origin && { origin }) }] : []
  })
  return [...named, ...counted]
}

/** "Ago" and "later" count from now, whatever date stands beside them. */
const countsFrom = /before|after/

/** With room for "the". "Before 2022" is a time with its first word. */
function follows(other: Place, { start, end }: Omit<Place, 'span'>): boolean {
  return other.start > start && other.end > end && other.start <= end + 5
}

function namedSpan(groups: Groups, today: number): TimeSpan | undefined {
  const { near, which, unit, weekday, units, period, date, whichMonth, whichWeek, many, way } = groups
  if (near !== undefined) return calendarSpan(nearDays[near] ?? 'this', 'day', today)
  if (whichMonth !== undefined) return dayBesideMonth(whichMonth as Which, Number(date), today)
  if (whichWeek !== undefined) return dayOfWeek(whichWeek as Which, groups.dayOfWeek ?? '', today)
  if (many === 'hour' && way === 'ago') return rollingSpan({ number: groups.count, units: many }, today)
  if (weekday !== undefined) return calendarSpan('last', weekday, today)
  if (units !== undefined || period !== undefined) return rollingSpan(groups, today)
  return which === undefined ? undefined : calendarSpan(which as Which, unit ?? 'day', today)
}

/** "The last two weeks" and "the past month" end today, "the next three days" begin tomorrow. */
function rollingSpan({ side, number = 'one', units, period }: Groups, today: number): TimeSpan {
  const unit = unitDays[units ?? period ?? 'day'] ?? 1
  // Some hours ago may have been yesterday.
  const length = Math.max(1, Math.round(countOf(number) * unit)) * day
  const tomorrow = today + day
  if (side === 'next' || side === 'coming') return { from: tomorrow, to: tomorrow + length }
  return { from: today - length, to: tomorrow }
}

/** "The week before" is the one that ends there; of a number of days the day is meant, of longer ones the time around it. */
function countedSpan(
  { count = 'the', many = 'day', way }: Groups,
  today: number,
  from?: TimeSpan,
): TimeSpan | undefined {
  if (count === 'the' && from === undefined) return undefined
  const unit = count === 'the' ? Math.floor(unitDays[many] ?? 1) : (unitDays[many] ?? 1)
  const isLater = way === 'after' || way === 'later'
  const origin = from === undefined ? today : isLater ? from.to - day : from.from
  const start = origin + (isLater ? 1 : -1) * countOf(count) * unit * day
  const around = Math.max(1, unit / 2) / 2
  const widths = count === 'the' ? besides(unit, isLater) : from && unit === 1 ? [0, 1] : [around, around + 1]
  const [before = 0, after = 0] = widths
  const span = { from: start - before * day, to: start + after * day }
  return from?.yearly ? { ...span, yearly: true } : span
}

/** How many days before and after its start or end a stretch is that begins on the next day, or ends on the day before. */
function besides(days: number, isLater: boolean): number[] {
  return isLater ? [days - 1, 1] : [0, days]
}

function countOf(words: string): number {
  if (words.endsWith('few')) return 3
  if (words.endsWith('couple of')) return 2
  return words.startsWith('half') ? 0.5 : numberOf(words)
}

/** 1,500 and 2.5, twenty-one, "two hundred and five"; "a" and "the" are one. */
function numberOf(words: string): number {
  if (/^\d[^a-z]*$/.test(words)) return Number(words.replaceAll(',', ''))
  let number: number | undefined
  for (const word of words.split(/[ -]/)) {
    if (word === 'hundred') number = (number ?? 1) * 100
    const count = counts.get(word) ?? (/^\d/.test(word) ? Number(word) : undefined)
    if (count !== undefined) number = (number ?? 0) + count
  }
  return number ?? 1
}

/** How long after something happened it is still told as news. */
export const toldWithin = 14 * day

/** A year is a weaker hint than a month or a day. */
const longSpan = 100 * day
const longSpanWeight = 0.3

/** How near a time is to one that is asked about: 1 within it, less for what was told up to two weeks later, else 0. */
export function closeness(asked: TimeSpan, { from, to }: TimeSpan): number {
  const { from: start, to: end } = asked.yearly ? inYearOf(asked, from) : asked
  const weight = end - start > longSpan ? longSpanWeight : 1
  if (from < end && to > start) return weight
  return from >= end ? weight * Math.max(0, 1 - (from - end) / toldWithin) : 0
}

/** Whether a time is within one that is asked about, at least in part. */
export function overlaps(asked: TimeSpan, { from, to }: TimeSpan): boolean {
  const { from: start, to: end } = asked.yearly ? inYearOf(asked, from) : asked
  return from < end && to > start
}

function inYearOf({ from, to }: TimeSpan, time: number): TimeSpan {
  const length = to - from
  const date = new Date(from)
  const start = date.setUTCFullYear(new Date(time).getUTCFullYear())
  // A day in December is told in January.
  const latest = start > time ? new Date(start).setUTCFullYear(new Date(start).getUTCFullYear() - 1) : start
  return time < start + length && time >= start
    ? { from: start, to: start + length }
    : { from: latest, to: latest + length }
}
