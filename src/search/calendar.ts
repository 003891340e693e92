/** A stretch of time, `from` inclusive to `to` exclusive, in milliseconds since the epoch. `yearly`: in any year. */
export interface TimeSpan {
  from: number
  to: number
  yearly?: true
}

export const day = 86_400_000
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

/** The month each begins in, from 0. Seasons are meteorological, of the northern half of the earth. */
const seasons: Record<string, number> = {
  ...{ spring: 2, summer: 5, autumn: 8, fall: 8, winter: 11 },
  ...{ q1: 0, q2: 3, q3: 6, q4: 9 },
  ...{ 'first quarter': 0, 'second quarter': 3, 'third quarter': 6, 'fourth quarter': 9 },
}
const seasonMonths = 3

/** The day that a time is in, in UTC. */
export function startOfDay(time: number): number {
  return time - (((time % day) + day) % day)
}

/** Whole months from the first of one on, counted from 0; those from 12 on are of the next year. */
export function monthsFrom(year: number, month: number, months: number): TimeSpan {
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + months) }
}

/** The day of a month counted from 0; undefined for one that it has not, such as the 31st of February. */
export function dayOfMonth(year: number, month: number, date: number): TimeSpan | undefined {
  const { from, to } = monthsFrom(year, month, 1)
  const start = from + (date - 1) * day
  return date >= 1 && start < to ? { from: start, to: start + day } : undefined
}

/** A season or a quarter of a year. A winter is of the year in whose December it begins. */
export function seasonOf(name: string, year: number): TimeSpan {
  return monthsFrom(year, seasons[name] ?? 0, seasonMonths)
}

/** Which of the stretches that come back: one that is over, one of now, one to come. */
export type Which = 'last' | 'this' | 'next'

/** The last May or summer is the latest that is over, the next the first that has not begun. */
export function yearlySpan(which: Which, inYear: (year: number) => TimeSpan, today: number): TimeSpan {
  const year = new Date(today).getUTCFullYear()
  const around = [year - 2, year - 1, year, year + 1].map(inYear)
  const isOver = ({ to }: TimeSpan): boolean => to <= today
  const isToCome = ({ from }: TimeSpan): boolean => from > today
  const now = around.find((span) => !isOver(span) && !isToCome(span)) ?? inYear(year)
  return { last: around.findLast(isOver), this: now, next: around.find(isToCome) }[which] ?? now
}

/** Whole units of the calendar: weeks from Monday on, the weekend that ends one, months, quarters, years, or a day of the week. */
export function calendarSpan(which: Which, unit: string, today: number): TimeSpan {
  const steps = { last: -1, this: 0, next: 1 }[which]
  const date = new Date(today)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  if (unit === 'year') return monthsFrom(year + steps, 0, 12)
  if (unit === 'month') return monthsFrom(year, month + steps, 1)
  if (unit === 'quarter')
    return monthsFrom(year, seasonMonths * (Math.floor(month / seasonMonths) + steps), seasonMonths)
  const place = (date.getUTCDay() + 6) % 7
  const monday = today - place * day
  if (unit === 'week') return days(monday + steps * 7 * day, 7)
  if (unit === 'weekend') return days(monday + (steps * 7 + 5) * day, 2)
  const weekday = weekdays.indexOf(unit)
  if (weekday === -1) return days(today + steps * day, 1)
  return days(weekdayFrom(monday + weekday * day, which, today), 1)
}

/** A day of a week, such as the Friday of last week. */
export function dayOfWeek(which: Which, weekday: string, today: number): TimeSpan {
  return days(calendarSpan(which, 'week', today).from + weekdays.indexOf(weekday) * day, 1)
}

/** A day of a month beside this one; undefined for one that it has not. */
export function dayBesideMonth(which: Which, date: number, today: number): TimeSpan | undefined {
  const { from } = calendarSpan(which, 'month', today)
  return dayOfMonth(new Date(from).getUTCFullYear(), new Date(from).getUTCMonth(), date)
}

/** The Friday of this week, the latest before today, or the first after today. */
function weekdayFrom(ofThisWeek: number, which: Which, today: number): number {
  if (which === 'last') return ofThisWeek < today ? ofThisWeek : ofThisWeek - 7 * day
  if (which === 'next') return ofThisWeek > today ? ofThisWeek : ofThisWeek + 7 * day
  return ofThisWeek
}

function days(from: number, many: number): TimeSpan {
  return { from, to: from + many * day }
}
