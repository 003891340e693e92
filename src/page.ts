import { invalidInput } from './errors.js'

/** One page of a list. `next` is an opaque cursor for the page after it, or null at the end. */
export interface Page<T> {
  items: T[]
  next: string | null
}

export type CursorKey = (string | number)[]

/** The place after the last item of a page, as text that callers hand back unread. */
export function encodeCursor(key: CursorKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The key inside a cursor whose parts have the types given, or `invalid_input`. */
export function decodeCursor(cursor: string, shape: ('string' | 'number')[]): CursorKey {
  const key = parseKey(cursor)
  if (!Array.isArray(key) || key.length !== shape.length || !key.every((part, index) => typeof part === shape[index])) {
    throw invalidInput(
      'The cursor is not one that this list returned.',
      'Pass `next` of the page before, unchanged, with the same filters.',
    )
  }
  return key as CursorKey
}

function parseKey(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

/** Cuts `limit + 1` rows to a page: the extra row only tells that there is more. */
export function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toKey: (row: Row) => CursorKey,
): Page<Item> {
  const shown = rows.length > limit ? rows.slice(0, limit) : rows
  const last = shown.at(-1)
  const next = rows.length > limit && last !== undefined ? encodeCursor(toKey(last)) : null
  return { items: shown.map(toItem), next }
}
