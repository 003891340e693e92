const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u
const ansi = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g')

/** What a reader sees as one character each, with where it begins and how many columns it takes. */
export function graphemes(text) {
  return [...segmenter.segment(text)].map(({ segment, index }) => ({
    segment,
    index,
    width: wide.test(segment) ? 2 : 1,
  }))
}

/** Columns that a text takes on a terminal; colours take none. */
export function widthOf(text) {
  return graphemes(text.replace(ansi, '')).reduce((sum, { width }) => sum + width, 0)
}

/** Fills up with spaces. */
export function pad(text, width) {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Cuts a text without colours to a width, with an ellipsis where something is missing. */
export function clip(text, width) {
  return clipMarked({ text: text.replaceAll(/\s+/g, ' ').trim(), marks: [] }, width, (part) => part)
}

/**
 * Cuts a snippet to a width so that its first marked place stays in sight, and passes every marked run through `paint`.
 */
export function clipMarked({ text, marks }, width, paint) {
  const all = graphemes(text)
  const isMarked = ({ index }) => marks.some(([from, to]) => index >= from && index < to)
  const columns = (from, to) => all.slice(from, to).reduce((sum, part) => sum + part.width, 0)
  const first = Math.max(0, all.findIndex(isMarked))
  let from = 0
  if (columns(0, all.length) > width && columns(0, first) > width * 0.6) {
    // No further than is needed to fill the room to the end.
    const spare = Math.max(0, width - 1 - columns(first, all.length))
    from = wordStart(all, first, Math.max(width * 0.3, spare))
  }
  let room = width - (from > 0 ? 1 : 0)
  let to = from
  const fits = columns(from, all.length) <= room
  if (!fits) room -= 1
  while (to < all.length && room - all[to].width >= 0) room -= all[to++].width
  const shown = all.slice(from, to)
  return `${from > 0 ? '…' : ''}${paintRuns(shown, isMarked, paint)}${to < all.length ? '…' : ''}`
}

/** Where the word begins that stands about `columns` before a place. */
function wordStart(all, place, columns) {
  let start = place
  for (let room = columns; start > 0 && room >= all[start - 1].width; start--) room -= all[start - 1].width
  const space = all.findIndex(({ segment }, index) => index >= start && index < place && segment === ' ')
  return space === -1 ? start : space + 1
}

function paintRuns(shown, isMarked, paint) {
  const runs = []
  for (const part of shown) {
    const marked = isMarked(part)
    const last = runs.at(-1)
    if (last?.marked === marked) last.text += part.segment
    else runs.push({ marked, text: part.segment })
  }
  return runs.map(({ marked, text }) => (marked ? paint(text) : text)).join('')
}
