import { matchFinder } from './matches.js'
import { parseQuery } from './query.js'
import { bestStretch, longestText, type Snippet } from './snippet.js'

/** A stretch of a text: half open, in UTF-16 units. */
export interface Stretch {
  start: number
  end: number
}

/** As far apart as in a snippet. */
const passageLength = 200

/** Where in a text the passage stands that a search has shown of it; undefined where its words are not in the text. */
export function passageIn(text: string, { text: shown, marks }: Snippet): Stretch | undefined {
  const words = marks.map(([start, end]) => shown.slice(start, end)).join(' ')
  return bestStretch(matchFinder(parseQuery(words))(text.slice(0, longestText)), passageLength)
}

/** The part of a text that is shown where there is room for so much: around a passage or, without one, its beginning. */
export function stretchAround(text: string, most: number, passage: Stretch = { start: 0, end: 0 }): Stretch {
  if (text.length <= most) return { start: 0, end: text.length }
  const beside = Math.max(most / 4, (most - (passage.end - passage.start)) / 2)
  const start = Math.max(0, Math.min(Math.floor(passage.start - beside), text.length - most))
  return { start: start === 0 ? 0 : wordFrom(text, start, passage.start), end: start + most }
}

/** Where the next word begins, unless that is beyond. */
function wordFrom(text: string, start: number, beyond: number): number {
  const space = text.slice(start, beyond).search(/\s/)
  return space === -1 ? start : start + space + 1
}

/** A stretch of a text, with a sign at each end where it was cut. */
export function cutText(text: string, { start, end }: Stretch): string {
  const cut = text.slice(start, end).toWellFormed()
  return `${start > 0 ? '…' : ''}${end < text.length ? `${cut.trimEnd()}…` : cut}`
}

export function holds(stretch: Stretch, { start, end }: Stretch): boolean {
  return stretch.start <= start && end <= stretch.end
}
