import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { pick } from 'stream-json/filters/pick.js'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import { streamValues } from 'stream-json/streamers/stream-values.js'
import { CairnError, invalidInput } from '../../errors.js'
import { isObject } from './clean-json.js'

/** The text of a file in pieces, without a byte order mark. Refuses what is not UTF-8, rather than replacing it. */
export async function* readText(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let offset = 0
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true })
      offset += chunk.length
      if (text !== '') yield text
    }
    const rest = decoder.decode()
    if (rest !== '') yield rest
  } catch (cause) {
    throw readingFailed(path, cause, offset)
  }
}

function readingFailed(path: string, cause: unknown, offset: number): CairnError {
  if (cause instanceof CairnError) return cause
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOENT')
    return new CairnError('not_found', `There is no file ${path}.`, { hint: 'Check the path.', cause })
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return invalidInput(
      `${path} is not UTF-8 text: what begins after byte ${offset} cannot be read.`,
      'Convert it first, such as with iconv -f utf-16 -t utf-8 (or -f latin1), and import the result.',
    )
  }
  return new CairnError('invalid_input', `${path} cannot be read: ${messageOf(cause)}.`, {
    hint: 'Check the file.',
    cause,
  })
}

/**
 * The items of a JSON file one by one, in bounded memory: those of the list that it is, of the list that a member of
 * `wrappers` holds, or the one object that it is.
 */
export async function* jsonItems(path: string, wrappers: readonly string[] = []): AsyncGenerator<unknown> {
  if ((await firstCharacter(path)) === '[') {
    yield* parsed(path, streamArray.withParserAsStream())
    return
  }
  let any = false
  if (wrappers.length > 0) {
    // Picked values come one after the other, each item by item when it is a list.
    const filter = new RegExp(`^(${wrappers.join('|')})\\.\\d+$`)
    for await (const item of parsed(path, pick.withParserAsStream({ filter }), streamValues.asStream())) {
      any = true
      yield item
    }
  }
  if (any) return
  for await (const item of parsed(path, streamValues.withParserAsStream())) {
    if (!isObject(item) || !wrappers.some((name) => Array.isArray(item[name]))) yield item
  }
}

async function firstCharacter(path: string): Promise<string> {
  for await (const text of readText(path)) {
    const [first] = text.trimStart()
    if (first !== undefined) return first
  }
  return ''
}

async function* parsed(path: string, ...stages: NodeJS.ReadWriteStream[]): AsyncGenerator<unknown> {
  let failure: unknown
  const streams = [Readable.from(readText(path)), ...stages]
  const end = pipeline(streams, (error) => {
    failure ??= error
  })
  try {
    for await (const { value } of end as unknown as AsyncIterable<{ value: unknown }>) yield value
  } catch (error) {
    throw damaged(path, failure ?? error)
  }
  if (failure) throw damaged(path, failure)
}

function damaged(path: string, cause: unknown): CairnError {
  if (cause instanceof CairnError) return cause
  return new CairnError('invalid_input', `${path} is not whole JSON: ${messageOf(cause)}.`, {
    hint: 'It was cut off or changed on its way: export or unpack it again.',
    cause,
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
}

/** A line that is JSON has a `value`, another a `problem`. */
export type JsonLine = { line: number; text: string } & ({ value: unknown } | { problem: string })

/** The lines of a JSONL file but for empty ones, in bounded memory. */
export async function* jsonLines(path: string): AsyncGenerator<JsonLine> {
  let line = 0
  for await (const text of textLines(path)) {
    line += 1
    if (text.trim() !== '') yield parseLine(line, text)
  }
}

/** A line as JSON, or what is wrong with it. */
export function parseLine(line: number, text: string): JsonLine {
  try {
    return { line, text, value: JSON.parse(text) as unknown }
  } catch (error) {
    return { line, text, problem: messageOf(error) }
  }
}

async function* textLines(path: string): AsyncGenerator<string> {
  let pieces: string[] = []
  for await (const text of readText(path)) {
    const lines = text.split('\n')
    const last = lines.pop() ?? ''
    for (const [index, end] of lines.entries()) {
      yield index === 0 ? [...pieces, end].join('') : end
      if (index === 0) pieces = []
    }
    pieces.push(last)
  }
  const rest = pieces.join('')
  if (rest !== '') yield rest
}
