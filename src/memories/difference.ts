import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../json.js'

/** How one JSON value differs from another. Paths are JSON Pointers (RFC 6901); '' is the whole value. */
export interface JsonDifference {
  added: { path: string; after: Json }[]
  removed: { path: string; before: Json }[]
  changed: { path: string; before: Json; after: Json }[]
}

/** Members are compared by name and items by place; what differs in kind is changed as a whole. Undefined is no value. */
export function difference(before: Json | undefined, after: Json | undefined): JsonDifference {
  const found: JsonDifference = { added: [], removed: [], changed: [] }
  compare(before, after, '', found)
  return found
}

function compare(before: Json | undefined, after: Json | undefined, path: string, found: JsonDifference): void {
  if (before === undefined) {
    if (after !== undefined) found.added.push({ path, after })
  } else if (after === undefined) {
    found.removed.push({ path, before })
  } else if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(member(before, name), member(after, name), `${path}/${escaped(name)}`, found)
    }
  } else if (!isDeepStrictEqual(before, after)) {
    found.changed.push({ path, before, after })
  }
}

function isContainer(value: Json): value is Json[] | { [key: string]: Json } {
  return value !== null && typeof value === 'object'
}

function member(value: Json[] | { [key: string]: Json }, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? (value as { [key: string]: Json })[name] : undefined
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
