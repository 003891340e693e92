import { dayOfMonth, monthsFrom, seasonOf, type TimeSpan } from './calendar.js'
import { endOfStretch } from './date-patterns.js'

/** A time as far as it is named: a year, a season or a month of it, a day of that. Months count from 0. */
export interface NamedTime {
  year?: number
  season?: string
  month?: number
  date?: number
}

export type Groups = Record<string, string | undefined>

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

export function readNamed({ year, season, ...groups }: Groups): NamedTime {
  return { ...(year !== undefined && { year: yearOf(year) }), ...(season && { season }), ...monthAndDay(groups) }
}

/** As POSIX has it: '68 is 2068 and '69 is 1969. */
function yearOf(written: string): number {
  const short = Number(written.replace(/^['’]/, ''))
  if (written.length > 3) return short
  return short < 69 ? 2000 + short : 1900 + short
}

/** 05/15/2023 is the American way to write the 15th of May; where that makes no month, it is 15/5/2023. */
function monthAndDay({ first, second, month, number, day }: Groups): NamedTime {
  if (first !== undefined) {
    const [one, two] = [Number(first), Number(second)]
    return one > 12 ? { month: two - 1, date: one } : { month: one - 1, date: two }
  }
  const index = number ? Number(number) - 1 : monthNames.indexOf(month?.slice(0, 3) ?? '')
  return { ...(index !== -1 && { month: index }), ...(day !== undefined && { date: Number(day) }) }
}

/** Undefined for a month or day that the year has not. */
export function spanInYear({ season, month, date }: NamedTime, year: number): TimeSpan | undefined {
  if (season !== undefined) return seasonOf(season, year)
  if (month === undefined) return monthsFrom(year, 0, 12)
  if (month > 11) return undefined
  return date === undefined ? monthsFrom(year, month, 1) : dayOfMonth(year, month, date)
}

/** A leap year, so that the 29th of February is a day. */
export const anyYear = 2000

/** From the beginning of one time to the end of another. What one of them leaves out the other one says: "1-5 May 2023". */
export function stretchOf(words: string, otherWords: string): TimeSpan | undefined {
  const [first, last] = [readEnd(words), readEnd(otherWords)]
  const isOfDays = first.date !== undefined && last.date !== undefined
  const one = isOfDays ? { ...monthOf(last), ...first } : first
  const two = isOfDays ? { ...monthOf(first), ...last } : last
  if (!isAlike(one, two)) return undefined
  const year = one.year ?? two.year ?? anyYear
  const isYearly = one.year === undefined && two.year === undefined
  // From December to February is over a new year: before that of the end, or after that of the beginning.
  const years = [[year, two.year ?? year], one.year === undefined ? [year - 1, year] : [year, two.year ?? year + 1]]
  for (const [yearOfOne = year, yearOfTwo = year] of years) {
    const [from, to] = [spanInYear(one, yearOfOne)?.from, spanInYear(two, yearOfTwo)?.to]
    if (from !== undefined && to !== undefined && from < to) return { from, to, ...(isYearly && { yearly: true }) }
  }
  return undefined
}

const monthOf = ({ month }: NamedTime): NamedTime => (month === undefined ? {} : { month })

function readEnd(words: string): NamedTime {
  for (const pattern of endOfStretch) {
    const groups = words.match(pattern)?.groups
    if (groups) return readNamed(groups)
  }
  return {}
}

/** Two years, or two times within years: a number alone is no time. */
function isAlike(one: NamedTime, two: NamedTime): boolean {
  const [first = false, second] = [one, two].map(({ month, season }) => month !== undefined || season !== undefined)
  return first === second && (first || (isYear(one) && isYear(two)))
}

const isYear = ({ year, date }: NamedTime): boolean => year !== undefined && date === undefined
