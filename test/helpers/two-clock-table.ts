/**
 * The two-clock rule as a table: one chain of four versions and then a tombstone, asked about five moments of valid time
 * after each of them became known. Every way of reading must give exactly this.
 */
export interface TableVersion {
  version: number
  recordedAt: number
  validFrom: number | null
  validTo: number | null
  /** Undefined for the tombstone. */
  city?: string
}

export const tableVersions: TableVersion[] = [
  { version: 1, recordedAt: 1_100, validFrom: null, validTo: null, city: 'Berlin' },
  { version: 2, recordedAt: 1_200, validFrom: 1_000, validTo: null, city: 'Paris' },
  { version: 3, recordedAt: 1_300, validFrom: 400, validTo: 1_200, city: 'Rome' },
  { version: 4, recordedAt: 1_400, validFrom: 600, validTo: 700, city: 'Oslo' },
  { version: 5, recordedAt: 1_500, validFrom: null, validTo: null },
]

export const tableMoments = [0, 400, 650, 700, 1_200] as const

/** knownAt → the city at each of the moments; undefined where nothing is visible. */
export const tableAnswers: [knownAt: number, ...cities: (string | undefined)[]][] = [
  [1_099, undefined, undefined, undefined, undefined, undefined],
  [1_100, 'Berlin', 'Berlin', 'Berlin', 'Berlin', 'Berlin'],
  [1_299, 'Berlin', 'Berlin', 'Berlin', 'Berlin', 'Paris'],
  [1_300, 'Berlin', 'Rome', 'Rome', 'Rome', 'Paris'],
  [1_499, 'Berlin', 'Rome', 'Oslo', 'Rome', 'Paris'],
  [1_500, undefined, undefined, undefined, undefined, undefined],
]
