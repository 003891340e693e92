import { encodeJson, type Json } from '../../../src/json.js'

/** Throws for what a store would refuse. */
export function checkable(value: Json): string {
  return encodeJson({ value }, 'it', Number.MAX_SAFE_INTEGER)
}
