import type { SearchHit, SearchResult } from '../search/search-service.js'
import { count, formatDay, formatMinute } from './format.js'
import type { Output } from './output.js'
import { formatExplanation } from './search-explanation.js'
import { displayWidth, oneLine, withoutControls, wrap, wrapped } from './text.js'

/** Best first, and what is to be said about them. */
export function showHits(result: SearchResult, output: Output): void {
  output.show(result, () => formatHits(result.hits, output))
  output.note(summary(result))
  for (const reason of result.degraded) output.note(`Incomplete: ${oneLine(reason)}`)
}

function summary({ hits, tookMs }: SearchResult): string {
  return hits.length === 0 ? 'nothing found' : `${count(hits.length, 'hit')} in ${tookMs} ms`
}

function formatHits(hits: SearchHit[], output: Output): string {
  const best = hits[0]?.score || 1
  return hits.map((hit) => formatHit(hit, best, output)).join('\n\n')
}

/** Scores compare within one answer only, so people see them as shares of the best. */
function formatHit(hit: SearchHit, best: number, output: Output): string {
  const share = (hit.score / best).toFixed(2)
  const shown = hit.text === undefined ? formatSnippet(hit.snippet, output) : formatText(hit.text, output)
  return [...formatHeading(hit, share, output), ...shown, ...formatMore(hit, output)].join('\n')
}

/** One line, or else the reference below it: whole, since other commands take it. */
function formatHeading(hit: SearchHit, share: string, { columns, colors }: Output): string[] {
  const { dim, cyan } = colors
  const place = placeOf(hit)
  const fits = (rest: string): boolean => displayWidth(rest) <= columns
  const rests = [formatMinute(hit.time), formatDay(hit.time)].map((time) => `${time}  ${share}`)
  const beside = rests.find((rest) => fits(`${hit.kind}  ${place}  ${rest}`))
  if (beside !== undefined) return [`${dim(hit.kind)}  ${cyan(place)}  ${dim(beside)}`]
  const above = rests.find((rest) => fits(`${hit.kind}  ${rest}`)) ?? share
  return [dim(`${hit.kind}  ${above}`), ...wrapped(place, { width: columns, indent: 0 }).map(cyan)]
}

function placeOf(hit: SearchHit): string {
  if (hit.kind === 'memory') return oneLine(`${hit.ref.namespace} ${hit.ref.key} v${hit.ref.version}`)
  if (hit.kind === 'event') return oneLine(`${hit.ref.session} #${hit.ref.seq}`)
  const { path, heading, lines } = hit.ref
  return oneLine(`${path}:${lines.join('-')}${heading === null ? '' : `  ${heading}`}`)
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

function formatText(text: string, output: Output): string[] {
  return wrapped(withoutControls(text), { width: output.columns, indent: indent.length })
}

function formatMore({ duplicates, explain }: SearchHit, output: Output): string[] {
  const { dim } = output.colors
  const same = duplicates === undefined ? [] : [dim(`${indent}${count(duplicates, 'other')} with the same words`)]
  return [...same, ...(explain ? formatExplanation(explain).map((line) => dim(indent + line)) : [])]
}
