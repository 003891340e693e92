/**
 * Where the code of each item is: a hash table in one typed array, with linear probing. 12 to 22 bytes an item, where a
 * Map takes 40 and more.
 */
export class SlotMap {
  /** An item and its slot + 1, in turn; 0 where there is none. */
  #cells = new Uint32Array(2 * 16)
  #size = 0

  get bytes(): number {
    return this.#cells.byteLength
  }

  /** The slot of an item, or -1. */
  get(item: number): number {
    return (this.#cells[2 * this.#find(item) + 1] ?? 0) - 1
  }

  set(item: number, slot: number): void {
    if (4 * this.#size >= 3 * this.#capacity) this.#grow()
    const cell = this.#find(item)
    if (this.#cells[2 * cell + 1] === 0) this.#size++
    this.#cells[2 * cell] = item
    this.#cells[2 * cell + 1] = slot + 1
  }

  /** Moves up those that had to step aside for it, so that nothing marks the place. */
  delete(item: number): void {
    const cells = this.#cells
    const mask = this.#capacity - 1
    let hole = this.#find(item)
    if (cells[2 * hole + 1] === 0) return
    this.#size--
    for (let cell = (hole + 1) & mask; cells[2 * cell + 1] !== 0; cell = (cell + 1) & mask) {
      const home = this.#home(cells[2 * cell] ?? 0)
      if (((cell - home) & mask) < ((cell - hole) & mask)) continue
      cells.copyWithin(2 * hole, 2 * cell, 2 * cell + 2)
      hole = cell
    }
    cells.fill(0, 2 * hole, 2 * hole + 2)
  }

  get #capacity(): number {
    return this.#cells.length / 2
  }

  #home(item: number): number {
    // Fibonacci hashing: ids that follow each other spread over the whole table.
    return Math.imul(item, 0x9e3779b1) >>> (1 + Math.clz32(this.#capacity))
  }

  /** The cell of an item, or the empty one where it would be. */
  #find(item: number): number {
    const mask = this.#capacity - 1
    let cell = this.#home(item)
    while (this.#cells[2 * cell + 1] !== 0 && this.#cells[2 * cell] !== item) cell = (cell + 1) & mask
    return cell
  }

  #grow(): void {
    const old = this.#cells
    this.#cells = new Uint32Array(2 * old.length)
    for (let at = 0; at < old.length; at += 2) {
      const [item = 0, place = 0] = [old[at], old[at + 1]]
      if (place === 0) continue
      const cell = this.#find(item)
      this.#cells[2 * cell] = item
      this.#cells[2 * cell + 1] = place
    }
  }
}
