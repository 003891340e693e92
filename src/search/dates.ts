/** A stretch of time, `from` inclusive to `to` exclusive, in milliseconds since the epoch. `yearly`: in any year. */
export interface TimeSpan {
  from: number
  to: number
  yearly?: true
}

const day = 86_400_000
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const counts = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
]
const unitDays: Record<string, number> = { day: 1, week: 7, weekend: 7, month: 30.4, year: 365.25 }

const month = `(?<month>january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)`
const dayOf = String.raw`(?<day>\d{1,2})(?:st|nd|rd|th)?`
const year = String.raw`(?<year>(?:19|20)\d\d)`
const absolute = [
  String.raw`\b(?<year>\d{4})-(?<number>\d\d)-(?<day>\d\d)\b`,
  String.raw`\b${dayOf}(?: of)? ${month}\b\.?(?:,? ?${year}\b)?`,
  String.raw`\b${month}\.? ${dayOf}\b(?!:)(?:,? ?${year}\b)?`,
  String.raw`\b${month},?(?: of)? ${year}\b`,
  String.raw`\b(?:in|during|of|this|since|until|for|by|last|next|early|late) ${month}\b`,
  String.raw`\b(?:in|during|of|since|year|until|before|after) ${year}\b`,
].map((pattern) => new RegExp(pattern, 'g'))

const relative =
  /\b(?:(?<near>today|tonight|yesterday|tomorrow)|(?<which>last|this|next) (?<unit>week|weekend|month|year|sunday|monday|tuesday|wednesday|thursday|friday|saturday|night)|(?<count>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a few|a couple of) (?<many>day|week|weekend|month|year)s? (?<way>ago|before|earlier|after|later))\b/g

// What is beyond has no part in a question, and in a text the first times are the telling ones.
const longest = 4_000

/** The times that a text speaks of, seen from a moment: "7 May 2023", "in June", "yesterday", "two weeks before 3 July". */
export function timesIn(text: string, moment: number): TimeSpan[] {
  const lower = text.slice(0, longest).toLowerCase()
  const dates = absoluteTimes(lower)
  return [...dates.map(({ span }) => span), ...relativeTimes(lower, moment, dates)]
}

interface Place {
  start: number
  end: number
  span: TimeSpan
}

function absoluteTimes(text: string): Place[] {
  const places: Place[] = []
  if (!/\d|\b(?:in|during|of|this|since|until|for|by|last|next|early|late) [a-z]/.test(text)) return places
  for (const pattern of absolute) {
    for (const { 0: words, index: start, groups = {} } of text.matchAll(pattern)) {
      const end = start + words.length
      const span = toSpan(groups)
      if (span && !places.some((other) => start < other.end && end > other.start)) places.push({ start, end, span })
    }
  }
  return places
}

function toSpan(groups: Record<string, string | undefined>): TimeSpan | undefined {
  const yearNumber = groups.year === undefined ? undefined : Number(groups.year)
  const monthIndex = groups.number ? Number(groups.number) - 1 : monthNames.indexOf(groups.month?.slice(0, 3) ?? '')
  // A leap year, so that the 29th of February is a day.
  const inYear = yearNumber ?? 2000
  if (monthIndex < 0) return yearNumber === undefined ? undefined : between(inYear, 0, 12)
  const span = between(inYear, monthIndex, 1)
  const date = Number(groups.day ?? 0)
  if (date > 31) return undefined
  if (date > 0) Object.assign(span, { from: span.from + (date - 1) * day, to: span.from + date * day })
  return yearNumber === undefined ? { ...span, yearly: true } : span
}

function between(inYear: number, firstMonth: number, months: number): TimeSpan {
  return { from: Date.UTC(inYear, firstMonth), to: Date.UTC(inYear, firstMonth + months) }
}

function relativeTimes(text: string, moment: number, dates: Place[]): TimeSpan[] {
  const spans: TimeSpan[] = []
  for (const { 0: words, index, groups = {} } of text.matchAll(relative)) {
    const end = index + words.length
    const following = dates.find(({ start }) => start >= end && start - end <= 5)
    spans.push(shift(groups, startOfDay(moment), following?.span))
  }
  return spans
}

function shift(
  { near, which, unit, count, many, way }: Record<string, string | undefined>,
  today: number,
  from?: TimeSpan,
) {
  if (near !== undefined) return around(today + ({ yesterday: -1, tomorrow: 1 }[near] ?? 0) * day, 1)
  if (which !== undefined) return namedSpan(which, unit ?? 'day', today)
  const days = countOf(count ?? '1') * (unitDays[many ?? 'day'] ?? 1)
  const sign = way === 'after' || way === 'later' ? 1 : -1
  const width = Math.max(1, (unitDays[many ?? 'day'] ?? 1) / 2)
  const start = (from?.from ?? today) + sign * days * day
  const span = { from: start - (width / 2) * day, to: start + (width / 2 + 1) * day }
  return from?.yearly ? { ...span, yearly: true as const } : span
}

function namedSpan(which: string, unit: string, today: number): TimeSpan {
  const sign = { last: -1, this: 0, next: 1 }[which] ?? 0
  if (unit === 'night') return around(today + sign * day, 1)
  const weekday = weekdays.indexOf(unit)
  if (weekday === -1)
    return around(today + sign * (unitDays[unit] ?? 1) * day - (unitDays[unit] ?? 1) * (day / 2), unitDays[unit] ?? 1)
  const since = (new Date(today).getUTCDay() - weekday + 7) % 7
  return around(today + (sign < 0 ? -(since || 7) : (7 - since) % 7 || 7) * day, 1)
}

function around(from: number, days: number): TimeSpan {
  return { from, to: from + days * day }
}

function countOf(words: string): number {
  if (/^\d/.test(words)) return Number(words)
  if (words.startsWith('a ')) return words === 'a few' ? 3 : 2
  return Math.max(1, counts.indexOf(words))
}

function startOfDay(time: number): number {
  return time - (((time % day) + day) % day)
}

/** How long after something happened it is still told as news. */
const toldWithin = 14 * day

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
