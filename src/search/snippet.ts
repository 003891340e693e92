import { type Match, matchFinder } from './matches.js'
import type { SearchTerm } from './query.js'

/** A passage with the places in it that matched: half-open ranges in UTF-16 units of `text`. */
export interface Snippet {
  text: string
  marks: [start: number, end: number][]
}

const length = 200
/** Of these so many are before the first match. */
const besideMatch = 40
export const longestText = 65_536

/** Cuts from texts, for as long as one search goes on, the passage that holds most of the terms. */
export function snippetMaker(terms: SearchTerm[]): (text: string) => Snippet {
  const find = matchFinder(terms)
  return (text) => makeSnippet(text, find)
}

/** Cut at words. Without a match it is the beginning. */
function makeSnippet(text: string, find: (passage: string) => Match[]): Snippet {
  const passage = text
    .slice(0, longestText)
    .replaceAll(/\s{2,}|[^\S ]/g, ' ')
    .trim()
    .toWellFormed()
  const matches = find(passage)
  const [from, to] = bestWindow(passage, matches)
  const before = from > 0 ? '…' : ''
  const shift = before.length - from
  const marks = matches.filter(({ start, end }) => start >= from && end <= to)
  return {
    text: `${before}${passage.slice(from, to)}${to < passage.length ? '…' : ''}`,
    marks: merge(marks.map(({ start, end }) => [start + shift, end + shift])),
  }
}

function bestWindow(text: string, matches: Match[]): [from: number, to: number] {
  if (text.length <= length) return [0, text.length]
  return widen(text, bestStretch(matches, length - besideMatch)?.start ?? 0)
}

/** From the first to the last match of the stretch of so many characters that holds most of the terms. */
export function bestStretch(matches: Match[], length: number): { start: number; end: number } | undefined {
  let best: { start: number; end: number } | undefined
  let most = 0
  for (const [index, { start }] of matches.entries()) {
    const inside = new Set<string>()
    let end = start
    for (let other = index; other < matches.length && (matches[other]?.end ?? 0) <= start + length; other++) {
      inside.add(matches[other]?.term ?? '')
      end = matches[other]?.end ?? end
    }
    if (inside.size > most) best = { start, end }
    most = Math.max(most, inside.size)
  }
  return best
}

/** Some words before the first match, and whole words at both ends. */
function widen(text: string, start: number): [from: number, to: number] {
  const earliest = Math.max(0, Math.min(start - besideMatch, text.length - length))
  const from = earliest === 0 ? 0 : Math.min(after(text, earliest), start)
  const latest = Math.min(text.length, from + length)
  if (latest === text.length) return [from, latest]
  const space = text.lastIndexOf(' ', latest)
  return [from, space > from + length / 2 ? space : wholeCharacter(text, latest)]
}

function after(text: string, position: number): number {
  const space = text.indexOf(' ', position)
  return space === -1 ? wholeCharacter(text, position) : space + 1
}

/** The position, or the one before it if it is between the halves of a surrogate pair. */
function wholeCharacter(text: string, position: number): number {
  const code = text.charCodeAt(position)
  return code >= 0xdc00 && code <= 0xdfff ? position - 1 : position
}

function merge(marks: [number, number][]): [number, number][] {
  const merged: [number, number][] = []
  for (const [start, end] of marks) {
    const last = merged.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else merged.push([start, end])
  }
  return merged
}
