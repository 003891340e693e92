import type { RecordKind } from './interchange.js'

/** The largest JSON values that a store takes, in bytes of UTF-8. */
export interface ValueLimits {
  valueBytes: number
  checkpointBytes: number
}

/** What holds for the values of one kind of record, and the setting that says so. */
export function limitOf(kind: RecordKind, limits: ValueLimits): { bytes: number; setting: string } {
  const name = kind === 'checkpoint' ? 'checkpointBytes' : 'valueBytes'
  return { bytes: limits[name], setting: `limits.${name}` }
}
