/** Words of so many ASCII letters at the most are two whole numbers: eight bits a letter, the last in the low bits. */
export const packedLength = 8

/** The letters of a word that was packed. */
export function unpacked(early: number, late: number): string {
  const codes = [early, late].flatMap((four) => [24, 16, 8, 0].map((shift) => (four >>> shift) & 0xff))
  return String.fromCharCode(...codes.filter((code) => code !== 0))
}

/** A cell: the two numbers of a word, and its own number + 1; 0 where there is none. */
const cellLength = 3

/**
 * The numbers of short words, by their letters: a hash table with linear probing, at most half full. A word is told from all
 * others by its cell alone, where to look at its text, which is elsewhere in memory, takes as long as all the rest.
 */
export class PackedWords {
  #cells = new Int32Array(cellLength * 2048)
  #size = 0

  /** The number of a word, or -1. */
  get(early: number, late: number): number {
    return (this.#cells[this.#find(early, late) + 2] ?? 0) - 1
  }

  /** Of a word that is not there. */
  add(early: number, late: number, number: number): void {
    if (2 * ++this.#size > this.#capacity) this.#grow()
    this.#cells.set([early, late, number + 1], this.#find(early, late))
  }

  clear(): void {
    this.#cells.fill(0)
    this.#size = 0
  }

  get #capacity(): number {
    return this.#cells.length / cellLength
  }

  /** Where the cell of a word begins, or the empty one where it would be. */
  #find(early: number, late: number): number {
    const cells = this.#cells
    const capacity = cells.length / cellLength
    // Fibonacci hashing: the high bits are of all letters.
    let cell = Math.imul(late ^ Math.imul(early, 0x85ebca6b), 0x9e3779b1) >>> (1 + Math.clz32(capacity))
    for (;;) {
      const at = cellLength * cell
      if (cells[at + 2] === 0 || (cells[at + 1] === late && cells[at] === early)) return at
      cell = (cell + 1) & (capacity - 1)
    }
  }

  #grow(): void {
    const old = this.#cells
    this.#cells = new Int32Array(2 * old.length)
    for (let at = 0; at < old.length; at += cellLength) {
      const [early = 0, late = 0, entry] = old.subarray(at, at + cellLength)
      if (entry !== 0) this.#cells.set(old.subarray(at, at + cellLength), this.#find(early, late))
    }
  }
}
