import type { SearchOptions } from '../search/search-inputs.js'
import type { SearchHit, SearchResult } from '../search/search-service.js'
import { textInCommandLineWords } from './command-line-words.js'
import { documentNames } from './document-names.js'
import { count, formatDay, formatMinute } from './format.js'
import type { Output } from './output.js'
import { formatExplanation } from './search-explanation.js'
import { displayWidth, oneLine, printable, withoutControls, wrap, wrapped } from './text.js'

interface Showing {
  /** Scores are cosines. */
  cosines?: boolean
  /** With every piece of evidence. */
  explain?: boolean | undefined
}

/** People are told what was found by meaning alone, and that is in what explains a hit. */
export function explained(options: SearchOptions, { json }: Output): SearchOptions {
  return json ? options : { ...options, explain: true }
}

/** Best first, and what is to be said about them. */
export function showHits(result: SearchResult, output: Output, showing: Showing = {}): void {
  if (!showing.cosines && isUncertain(result.hits)) output.note(output.wrapped(uncertain))
  output.show(result, () => formatHits(result.hits, output, showing))
  output.note(summary(result))
  for (const reason of result.degraded) output.note(`Incomplete: ${oneLine(textInCommandLineWords(reason))}`)
}

const uncertain = 'Nothing here is certain: no hit was found by a word, and none stands out by its meaning.'

/** As near as that something is by chance in one of ten scopes without an answer. */
const sure = 0.9

function isUncertain(hits: SearchHit[]): boolean {
  const certainty = ({ explain }: SearchHit) => explain?.evidence.find(({ name }) => name === 'near')?.weight ?? 0
  return hits.length > 0 && hits.every((hit) => isByMeaning(hit) && certainty(hit) < sure)
}

function isByMeaning({ explain }: SearchHit): boolean {
  return explain?.retrievers.every(({ name }) => name === 'vector') ?? false
}

function summary({ hits, tookMs }: SearchResult): string {
  return hits.length === 0 ? 'nothing found' : `${count(hits.length, 'hit')} in ${tookMs} ms`
}

function formatHits(hits: SearchHit[], output: Output, { cosines = false, explain = false }: Showing): string {
  const best = hits[0]?.score || 1
  const documentName = documentNames(hits.flatMap(({ kind, ref }) => (kind === 'document' ? ref : [])))
  // Other scores compare within one answer only, so people see them as shares of the best.
  const share = (hit: SearchHit) => `${(hit.score / best).toFixed(2)}${isByMeaning(hit) ? ' by meaning' : ''}`
  const worth = (hit: SearchHit) => (cosines ? `cosine ${hit.score.toFixed(2)}` : share(hit))
  return hits
    .map((hit) => {
      const heading = formatHeading(hit, placeOf(hit, documentName), worth(hit), output)
      const shown = hit.text === undefined ? formatSnippet(hit.snippet, output) : formatText(hit.text, output)
      return [...heading, ...shown, ...formatMore(hit, output, explain)].join('\n')
    })
    .join('\n\n')
}

/** One line, or else the reference below it: whole, since other commands take it. */
function formatHeading(hit: SearchHit, place: string, worth: string, { columns, colors }: Output): string[] {
  const { dim, cyan } = colors
  const fits = (rest: string): boolean => displayWidth(rest) <= columns
  const rests = [formatMinute(hit.time), formatDay(hit.time)].map((time) => `${time}  ${worth}`)
  const beside = rests.find((rest) => fits(`${hit.kind}  ${place}  ${rest}`))
  if (beside !== undefined) return [`${dim(hit.kind)}  ${cyan(place)}  ${dim(beside)}`]
  const above = rests.find((rest) => fits(`${hit.kind}  ${rest}`)) ?? worth
  return [dim(`${hit.kind}  ${above}`), ...wrapped(place, { width: columns, indent: 0 }).map(cyan)]
}

function placeOf(hit: SearchHit, documentName: ReturnType<typeof documentNames>): string {
  if (hit.kind === 'memory') return oneLine(`${hit.ref.namespace} ${hit.ref.key} v${hit.ref.version}`)
  if (hit.kind === 'event') return oneLine(`${hit.ref.session} #${hit.ref.seq}`)
  const { heading, lines } = hit.ref
  const { name, beside } = documentName(hit.ref)
  return oneLine(`${name}:${lines.join('-')}${beside}${heading === null ? '' : `  ${heading}`}`)
}

const indent = '  '

/** The passage in lines that fit, with what matched in bold. */
function formatSnippet({ text, marks }: SearchHit['snippet'], output: Output): string[] {
  return wrap(text, output.columns - indent.length).map(({ start, end }) => {
    let line = indent
    let at = start
    for (const [from, to] of marks) {
      if (to <= at || from >= end) continue
      line += withoutControls(text.slice(at, Math.max(at, from)))
      line += output.colors.bold(withoutControls(text.slice(Math.max(at, from), Math.min(to, end))))
      at = Math.min(to, end)
    }
    return line + withoutControls(text.slice(at, end))
  })
}

/** In its own lines, where they fit. */
function formatText(text: string, output: Output): string[] {
  const options = { width: output.columns, indent: indent.length }
  return printable(text)
    .trimEnd()
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? '' : wrapped(line, options)))
}

function formatMore({ duplicates, explain: why }: SearchHit, output: Output, explain: boolean): string[] {
  const { columns, colors } = output
  const { dim } = colors
  const fitting = (line: string): string[] => {
    const beginning = indent + (/^ *-?[\d.]+ +\w+ +/.exec(line)?.[0] ?? '')
    const [first = '', ...rest] = wrapped(line.slice(beginning.length - indent.length), {
      ...{ width: columns, indent: beginning.length },
    })
    return [beginning + first.slice(beginning.length), ...rest]
  }
  const same = duplicates === undefined ? [] : [dim(`${indent}${count(duplicates, 'other')} saying the same`)]
  return [...same, ...(explain && why ? formatExplanation(why).flatMap(fitting).map(dim) : [])]
}
