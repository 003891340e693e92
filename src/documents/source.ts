/** A part of a text: lines count from 1, both included. */
export interface Excerpt {
  text: string
  lines: [from: number, to: number]
}

/** A text with its lines. */
export interface Source {
  text: string
  /** How many lines there are. */
  lines: number
  /** Where a line begins, counted from 0; the end of the text for those beyond. */
  offset(line: number): number
  /** What is between two offsets, without empty lines around it. */
  trimmed(start: number, end: number): Excerpt
}

/** `firstLine` is the number of lines before this text in its file. Lines end with \n. */
export function sourceOf(text: string, firstLine: number): Source {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  const offset = (line: number): number => starts[line] ?? text.length
  const lineAt = (position: number): number => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (offset(middle) <= position) low = middle
      else high = middle - 1
    }
    return low
  }
  const trimmed = (start: number, end: number): Excerpt => {
    const raw = text.slice(start, end)
    const shown = raw.trimEnd()
    const before = /^(?:[^\S\n]*\n)*/.exec(shown)?.[0].length ?? 0
    const first = start + before
    const last = Math.max(first, start + shown.length - 1)
    return { text: shown.slice(before), lines: [firstLine + lineAt(first) + 1, firstLine + lineAt(last) + 1] }
  }
  return { text, lines: starts.length, offset, trimmed }
}
