import { z } from 'zod'
import { describe, encodeJsonObject } from './json.js'
import { objectOf } from './parse.js'

type Plain = string | number | boolean | null

const maxValues = 100

/** Fields of metadata, each with a plain value, or several, that it must equal or, as a list, hold. */
export const metadataFilterSchema = objectOf(
  z.custom<Plain | Plain[]>(isWanted, {
    error: ({ input }) =>
      `expected text, a number, true, false, null or a list of 1 to ${maxValues} of them, received ${received(input)}`,
  }),
)

function isWanted(value: unknown): boolean {
  if (!Array.isArray(value)) return isPlain(value)
  return value.length > 0 && value.length <= maxValues && value.every(isPlain)
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)
}

function received(value: unknown): string {
  if (!Array.isArray(value)) return Number.isNaN(value) ? 'NaN' : describe(value)
  const odd = value.find((each) => !isPlain(each))
  return odd === undefined ? `a list of ${value.length}` : `a list with ${describe(odd)}`
}

/** JSON as stores take it: an object of lists. */
export function encodeMetadataFilter(filter: z.output<typeof metadataFilterSchema>, maxBytes: number): string {
  const lists = Object.entries(filter).map(([name, wanted]) => [name, Array.isArray(wanted) ? wanted : [wanted]])
  return encodeJsonObject(Object.fromEntries(lists), 'metadata', maxBytes)
}
