const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
const doubleWidth =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u
const printableAscii = /^[\x20-\x7e]*$/
// Bidirectional overrides can make a line read as something else than it is.
const unsafe = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu
const unsafeButSpacing = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu
let segmenter: Intl.Segmenter | undefined

/** How many columns of a terminal a text without control characters takes. */
export function displayWidth(text: string): number {
  if (printableAscii.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemesOf(text)) width += graphemeWidth(segment)
  return width
}

/** Made when it is needed: it takes 7 ms, and most commands print ASCII. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}

function graphemeWidth(grapheme: string): number {
  if (zeroWidth.test(grapheme)) return 0
  return doubleWidth.test(grapheme) ? 2 : 1
}

/** Stored text without what a terminal would obey rather than show. */
export function withoutControls(text: string): string {
  return text.replaceAll(unsafe, '')
}

/** Stored text for one line of a terminal: no line breaks, no escape sequences. */
export function oneLine(text: string): string {
  return withoutControls(text.replaceAll(/\s+/gu, ' ')).trim()
}

/** Stored text for a terminal: line breaks and tabs stay, escape sequences do not. */
export function printable(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(unsafeButSpacing, '')
}

/** At most `width` columns of a text, with … where something is missing. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemesOf(text)) {
    used += graphemeWidth(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

export interface Line {
  start: number
  end: number
}

/** Where a text breaks into lines of at most `width` columns: at spaces, or anywhere in what is longer than a line. */
export function wrap(text: string, width: number): Line[] {
  const lines: Line[] = []
  let start = 0
  let used = 0
  let space = -1
  for (const { segment, index } of graphemesOf(text)) {
    if (segment === ' ') space = index
    used += graphemeWidth(segment)
    if (used <= width || segment === ' ') continue
    const atSpace = space > start
    lines.push({ start, end: atSpace ? space : index })
    start = atSpace ? space + 1 : index
    used = displayWidth(text.slice(start, index + segment.length))
  }
  lines.push({ start, end: text.length })
  return lines
}

/** The lines of a wrapped text, each behind an indent; `most` of them, the last cut with … when there are more. */
export function wrapped(text: string, options: { width: number; indent: number; most?: number }): string[] {
  const { width, indent, most = Number.POSITIVE_INFINITY } = options
  const room = Math.max(10, width - indent)
  const lines = wrap(text, room)
  const shown = lines.slice(0, most).map(({ start, end }) => text.slice(start, end))
  const last = shown.at(-1)
  if (lines.length > most && last !== undefined) shown[most - 1] = `${truncate(last, room - 1).replace(/…$/, '')}…`
  return shown.map((line) => `${' '.repeat(indent)}${line}`)
}

/** A name as a shell takes it, for commands in hints. */
export function shellQuote(text: string): string {
  return /^[\w:@%+=,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
