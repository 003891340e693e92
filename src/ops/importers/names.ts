import { createHash } from 'node:crypto'

const controlCharacters = /\p{Cc}+/gu
const limits = {
  name: { bytes: 512, length: 512 },
  segment: { bytes: 400, length: 200 },
  id: { bytes: 512, length: 200 },
}

/** The same for the same parts, on every machine: for what has no id of its own. */
export function stableId(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/**
 * A name of another tool as a key of a memory or of state: in NFC; line breaks and other control characters become
 * spaces. A name that this changes, or that is too long and was cut, ends in ~ and eight digits of its hash, so that two
 * names stay two.
 */
export function toKey(name: string): string {
  return valid(name, name, limits.name)
}

/** The same as a part of a namespace or an id of a user, app, project or session: colons become '-', too. */
export function toSegment(name: string): string {
  return valid(name, name.replaceAll(':', '-'), limits.segment)
}

/** The same as an id of an event or a task. */
export function toId(name: string): string {
  return valid(name, name, limits.id)
}

function valid(original: string, spaced: string, limit: { bytes: number; length: number }): string {
  const clean = spaced.toWellFormed().normalize('NFC').replaceAll(controlCharacters, ' ')
  const fits = clean.length <= limit.length && Buffer.byteLength(clean) <= limit.bytes
  if (fits && clean !== '' && clean === original.normalize('NFC')) return clean
  const hash = `~${createHash('sha256').update(original).digest('hex').slice(0, 8)}`
  return `${cut(clean, { bytes: limit.bytes - hash.length, length: limit.length - hash.length })}${hash}`
}

function cut(text: string, { bytes, length }: { bytes: number; length: number }): string {
  let end = Math.min(text.length, length)
  // Three bytes at most for each UTF-16 unit, so this ends soon.
  while (Buffer.byteLength(text.slice(0, end)) > bytes)
    end -= Math.ceil((Buffer.byteLength(text.slice(0, end)) - bytes) / 3)
  // A pair that was cut in half would not be Unicode text.
  return /[\ud800-\udbff]$/.test(text.slice(0, end)) ? text.slice(0, end - 1) : text.slice(0, end)
}
