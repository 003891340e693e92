import { invalidInput } from '../errors.js'

/** A line of a file by its number, from 1 on; or what is wrong with it. */
export type NumberedLine = { line: number; text: string } | { line: number; problem: string }

const lineBreak = 0x0a
const blank = /^\s*$/

/**
 * Cuts bytes into lines, as many at a time as a chunk holds. Blank lines count, and are left out. What is over `maxBytes`
 * is not kept in memory.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<NumberedLine[]> {
  const reader = new LineReader(maxBytes)
  for await (const chunk of chunks) yield reader.take(chunk)
  yield reader.end()
}

class LineReader {
  readonly #maxBytes: number
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #line = 1
  #begun: Uint8Array[] = []
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  take(chunk: Uint8Array): NumberedLine[] {
    const lines: NumberedLine[] = []
    let from = 0
    for (let to = chunk.indexOf(lineBreak); to !== -1; to = chunk.indexOf(lineBreak, from)) {
      this.#keep(chunk.subarray(from, to))
      lines.push(...this.#complete())
      from = to + 1
    }
    this.#keep(chunk.subarray(from))
    return lines
  }

  end(): NumberedLine[] {
    return this.#length === 0 ? [] : this.#complete()
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length
    if (this.#length > this.#maxBytes) this.#begun = []
    else if (part.length > 0) this.#begun.push(part)
  }

  #complete(): NumberedLine[] {
    const line = this.#line++
    const length = this.#length
    const parts = this.#begun
    this.#begun = []
    this.#length = 0
    if (length > this.#maxBytes) return [{ line, problem: tooLong(length, this.#maxBytes) }]
    try {
      const text = this.#decoder.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts))
      return blank.test(text) ? [] : [{ line, text }]
    } catch {
      return [{ line, problem: 'is not UTF-8 text' }]
    }
  }
}

function tooLong(length: number, limit: number): string {
  return `has ${length} bytes; with the limits of this store no line has more than ${limit}`
}

/** Chunks of a text, whatever they are made of, as bytes. */
export async function* toBytes(chunks: ImportChunks): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (typeof chunk === 'string') yield Buffer.from(chunk)
    else if (chunk instanceof Uint8Array) yield chunk
    else throw invalidInput(`An import reads texts or bytes, not ${typeof chunk}.`)
  }
}

/** A file in pieces of any size: a stream, a list of lines with their line breaks, what `export` gives. */
export type ImportChunks = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>
