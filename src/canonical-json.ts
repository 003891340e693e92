import type { Json } from './json.js'

/**
 * JSON text that is the same for equal values: no white space, members sorted by the UTF-16 code units of their names,
 * numbers and texts as JSON.stringify writes them. That is RFC 8785, the JSON Canonicalization Scheme
 * (https://www.rfc-editor.org/rfc/rfc8785). A copy with sorted members would not do: objects list names that are whole
 * numbers first, whatever the order in which they were set.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  // Most objects have few members, and a plain loop takes half the time of sort, map and join.
  const names = Object.keys(value)
  if (names.length > 1) names.sort()
  let text = ''
  for (const name of names) {
    text += `${text === '' ? '{' : ','}${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`
  }
  return text === '' ? '{}' : `${text}}`
}
