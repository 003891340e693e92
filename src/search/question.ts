import { type TimeSpan, timesAsked, withoutTimes } from './dates.js'
import { parseQuery, type SearchTerm, termsBesideDate } from './query.js'

/** What a question wants to know, as far as its words tell. */
export type Wanted = 'time' | 'number' | 'name'

/** A question as stores and ranking take it: plain data. */
export interface Question {
  terms: SearchTerm[]
  /** The days, months and years that it names. */
  times: TimeSpan[]
  /** What it asks for beside its times, if it names any: nothing in "last May" and "what happened on 7 May 2023?" */
  besideTimes?: SearchTerm[]
  wanted?: Wanted
}

const wantedBy: [Wanted, RegExp][] = [
  ['time', /^\W*(?:and |so )?(?:when|since when|what (?:time|date|day|month|year)|which (?:day|week|month|year))\b/i],
  ['number', /\bhow (?:many|much|often|long|old)\b/i],
  ['name', /\b(?:where|who|whose|which|name|country|city|state|place)\b/i],
]

/** Any text is a question; `now` is what "last week" in it is seen from. */
export function parseQuestion(text: string, now: number): Question {
  const beginning = text.slice(0, 1_000)
  const wanted = wantedBy.find(([, pattern]) => pattern.test(beginning))?.[0]
  const times = timesAsked(beginning, now)
  const besideTimes = times.length > 0 ? termsBesideDate(withoutTimes(text, now)) : undefined
  return { terms: parseQuery(text), times, ...(besideTimes && { besideTimes }), ...(wanted && { wanted }) }
}
