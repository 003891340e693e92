/** Memory that grows by pages of 64 KB; its buffer is another one afterwards. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

export const pageBytes = 65_536

/** The inner loops over codes, as `scan.wat` describes them: all numbers are addresses in the memory, or counts. */
export interface ScanLoops {
  hamming(query: number, bytes: number, codes: number, count: number, out: number): void
  hammingAt(query: number, bytes: number, addresses: number, count: number, out: number): void
  histogram(distances: number, count: number, bins: number): void
  collect(distances: number, count: number, limit: number, out: number): number
  productAt(planes: number, bytes: number, apart: number, addresses: number, count: number, out: number): void
}
