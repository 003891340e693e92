/** Bytes of `next` from `at` on that are those of `base` from `from` on. */
export interface Run {
  at: number
  from: number
  length: number
}

// An instruction to copy costs about five bytes, and one to insert after it three.
const shortestRun = 16
// Shorter ones may be words that stand everywhere: several in a row, and the text has probably moved.
const surelyRun = 64
const unsureInARow = 4
// How far a change of the same length is looked for before the base is indexed, which costs a third of a millisecond
// for a megabyte: most changes of a JSON value are short.
const near = 256
// How much further on a longer run than the first one is looked for.
const ahead = 32

/** How many bytes of `base` from `from` and of `next` from `at` are the same. */
export function matchRun(base: Buffer, from: number, next: Buffer, at: number): number {
  const most = Math.min(base.length - from, next.length - at)
  let length = 0
  // Comparing natively is 20 times faster for long runs, and slower for short ones.
  for (const first = Math.min(most, 32); length < first; length++) {
    if (base[from + length] !== next[at + length]) return length
  }
  let step = 256
  const same = (): boolean =>
    base.compare(next, at + length, at + length + step, from + length, from + length + step) === 0
  while (length + step <= most && same()) {
    length += step
    step = Math.min(step * 2, 65_536)
  }
  for (step = Math.floor(step / 2); step >= 32; step = Math.floor(step / 2)) {
    if (length + step <= most && same()) length += step
  }
  while (length < most && base[from + length] === next[at + length]) length++
  return length
}

/** Finds where a changed text goes on as the one before: at the same distance, or else wherever a block of it stands. */
export class RunFinder {
  readonly #base: Buffer
  readonly #next: Buffer
  #index: BlockIndex | undefined
  #unsure = 0

  constructor(base: Buffer, next: Buffer) {
    this.#base = base
    this.#next = next
  }

  /** A run from `at` on or soon after, where the run before was `shift` further on in the base; an empty one at the end when there is none. */
  find(at: number, shift: number): Run {
    const run = this.#findNear(at, shift) ?? this.#findAnywhere(at, shift)
    this.#unsure = run.length < surelyRun ? this.#unsure + 1 : 0
    return run
  }

  #findNear(at: number, shift: number): Run | undefined {
    const end = Math.min(at + near, this.#next.length)
    for (let start = at; start < end; start++) {
      const run = this.#runAt(start, start + shift)
      if (run) return run.length >= surelyRun || this.#unsure < unsureInARow ? run : undefined
    }
    return undefined
  }

  #findAnywhere(at: number, shift: number): Run {
    this.#index ??= new BlockIndex(this.#base, this.#next)
    const { length } = this.#next
    let best: Run = { at: length, from: this.#base.length, length: 0 }
    let end = length
    for (let start = at; start < end; start++) {
      const found = start + blockBytes <= length ? this.#runAt(start, this.#index.find(start)) : undefined
      const run = longer(found, this.#runAt(start, start + shift))
      if (run === undefined || run.length <= best.length) continue
      if (best.length === 0) end = Math.min(length, start + ahead)
      best = run
      if (run.length > 1024) break
    }
    return this.#grownBack(best, at)
  }

  #runAt(at: number, from: number): Run | undefined {
    const [base, next] = [this.#base, this.#next]
    if (from < 0 || base[from] !== next[at] || base[from + 1] !== next[at + 1]) return undefined
    const length = matchRun(base, from, next, at)
    // What is left at the end is worth an instruction, short as it is.
    return length >= shortestRun || (length > 4 && at + length === next.length) ? { at, from, length } : undefined
  }

  /** A block is found where it begins; what was changed may end before it. */
  #grownBack({ at, from, length }: Run, least: number): Run {
    let more = 0
    while (at - more > least && from > more && this.#base[from - more - 1] === this.#next[at - more - 1]) more++
    return { at: at - more, from: from - more, length: length + more }
  }
}

function longer(one: Run | undefined, other: Run | undefined): Run | undefined {
  return one === undefined || (other !== undefined && other.length >= one.length) ? other : one
}

const blockBytes = 32

/** The blocks of a text by a hash. Of blocks with one hash it knows the last. */
class BlockIndex {
  readonly #slots: Int32Array
  readonly #mask: number
  readonly #next: DataView

  constructor(base: Buffer, next: Buffer) {
    const blocks = Math.floor(base.length / blockBytes)
    const size = 2 ** Math.ceil(Math.log2(Math.max(blocks * 2, 16)))
    this.#slots = new Int32Array(size).fill(-1)
    this.#mask = size - 1
    this.#next = wordsOf(next)
    const words = wordsOf(base)
    for (let block = 0; block < blocks; block++) {
      const at = block * blockBytes
      this.#slots[hashAt(words, at) & this.#mask] = at
    }
  }

  /** Where in the base the block of `next` at `at` may stand; -1 when nowhere. */
  find(at: number): number {
    return this.#slots[hashAt(this.#next, at) & this.#mask] ?? -1
  }
}

function wordsOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Of the block from `at` on, which must be there. */
function hashAt(words: DataView, at: number): number {
  let hash = 0
  for (let offset = 0; offset < blockBytes; offset += 4) {
    hash = Math.imul(hash ^ words.getInt32(at + offset, true), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}
