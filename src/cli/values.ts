import { InvalidArgumentError } from 'commander'
import { CairnError, invalidInput } from '../errors.js'
import type { Json, JsonObject } from '../json.js'
import type { Io } from './io.js'

/** Reads a whole number for an option or argument. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`
  return (text) => {
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(number >= least && number <= most)) throw new InvalidArgumentError(`Write a whole number, ${range}.`)
    return number
  }
}

/** Collects an option that may be repeated, or hold several of `choices` with commas between. */
export function listOf(choices: readonly string[]): (text: string, previous?: string[]) => string[] {
  return (text, previous = []) => {
    const names = text.split(',').map((name) => name.trim())
    for (const name of names) {
      if (!choices.includes(name)) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`)
    }
    return [...previous, ...names]
  }
}

/** Collects an option that may be repeated. */
export function collected(text: string, previous: string[] = []): string[] {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.')
  return [...previous, text]
}

/** An empty one, as of a variable that is not set, is not meant to be this folder. */
export function collectedFolders(text: string, previous: string[] = []): string[] {
  if (text === '') throw new InvalidArgumentError('It is empty. This folder is . (a dot).')
  return [...previous, text]
}

/** Namespaces may hold commas, so only a comma before the start of another, or a prefix alone, separates. */
export function listOfNamespaces(text: string, previous: string[] = []): string[] {
  return [...previous, ...text.split(/,\s*(?=(?:session|user|app|project)(?:[:,]|\s*$))/)]
}

/** An expiry for the API: null takes it away, and nothing leaves it as it is. */
export function expiryOf(text: string | undefined): { expiresAt?: string | null } {
  return text === undefined ? {} : { expiresAt: text === 'never' ? null : text }
}

export function parseJson(text: string, what: string, hint?: string): Json {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    throw new CairnError('invalid_input', `${what} is not JSON: ${reason}.`, { hint, cause: error })
  }
  demandExactNumbers(text, what)
  return value
}

/** For options such as --metadata, which take a JSON object. */
export function jsonObject(name: string, example = '{"source":"chat"}'): (text: string) => JsonObject {
  return (text) => {
    const hint = `Write a JSON object, such as ${name} '${example}'.`
    const value = parseJson(text, name, hint)
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw invalidInput(`${name} is not a JSON object.`, hint)
    }
    return value
  }
}

/** JSON.parse rounds whole numbers beyond 2^53, such as long ids, without a word. */
function demandExactNumbers(text: string, what: string): void {
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[-+.\w]+/g) ?? []
  const rounded = tokens.find((token) => /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)))
  if (rounded === undefined) return
  throw invalidInput(
    `${what} holds ${rounded}, which a JSON number cannot hold exactly.`,
    `Write it as text: "${rounded}".`,
  )
}

/** The value of a positional argument (JSON) or of --text (plain); `-` in either place reads it from stdin. */
export async function readValue(
  given: { json: string | undefined; text: string | undefined; name: string },
  io: Io,
): Promise<Json | undefined> {
  const { json, text, name } = given
  if (text !== undefined) {
    if (json !== undefined) throw invalidInput(`Both ${name} and --text are given.`, 'Give one of them.')
    return text === '-' ? (await readStdin(io)).replace(/\r?\n$/, '') : text
  }
  if (json === undefined) return undefined
  const hint = `Text is quoted twice, as in '"some text"', or given with --text "some text".`
  return json === '-' ? parseJson(await readStdin(io), 'stdin', hint) : parseJson(json, name, hint)
}

/** All that comes in, as text. */
export async function readStdin(io: Io): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of io.stdin ?? []) chunks.push(Buffer.from(chunk))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (error) {
    const hint = 'Convert it first, such as with iconv -f latin1 -t utf-8. Of files that are not text, store the path.'
    throw new CairnError('invalid_input', 'stdin is not UTF-8 text.', { hint, cause: error })
  }
}
