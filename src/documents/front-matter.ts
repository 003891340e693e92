import { parseDocument } from 'yaml'
import { isPlainObject, type JsonObject } from '../json.js'

export interface FrontMatter {
  metadata: JsonObject
  /** What is wrong with it. Its text is then a part of the document, so many lines at its beginning that are no markdown. */
  error: string | null
  plainLines: number
  /** The text after it, and how many lines there are before that. */
  body: string
  firstLine: number
}

const frontMatter = /^---[^\S\n]*\n(?:(?<yaml>.*?)\n)??(?:---|\.\.\.)[^\S\n]*(?:\n|$)/s
const otherFrontMatter = /^\+\+\+[^\S\n]*\n.*?(?<=\n)\+\+\+[^\S\n]*(?:\n|$)/s
const maxLength = 65_536
/** More lines than that are no front matter that somebody forgot to end. */
const maxUnclosed = 1_000

/** The YAML between two lines of --- at the beginning, if it is a mapping. Lines end with \n. */
export function readFrontMatter(text: string): FrontMatter {
  const none = { metadata: {}, error: null, plainLines: 0, body: text, firstLine: 0 }
  const [toml] = otherFrontMatter.exec(text) ?? []
  if (toml !== undefined) {
    return { ...none, error: 'The front matter is TOML (+++), which is not read.', plainLines: linesOf(toml) }
  }
  const found = text.startsWith('---') ? frontMatter.exec(text) : null
  if (found === null) return { ...none, ...unclosed(text) }
  const [whole] = found
  const yaml = found.groups?.yaml ?? ''
  const firstLine = linesOf(whole)
  const after = { body: text.slice(whole.length), firstLine }
  if (yaml.trim() === '') return { ...none, ...after }
  const broken = (error: string): FrontMatter => ({ ...none, error, plainLines: firstLine })
  if (yaml.length > maxLength) return broken(`The front matter is over ${maxLength} characters long.`)
  try {
    const metadata = parseMapping(yaml)
    // A line of --- is also a way to draw one, with any text between two of them.
    return metadata === undefined ? none : { ...none, metadata, ...after }
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return broken(`The front matter is not YAML: ${reason.replace(/:$/, '')}`)
  }
}

const aKey = /^[\p{L}_][\p{L}\p{N}_-]*:(?:\s|$)/u
const startsSmall = /^(?!\p{Lu})/u
const goesOn = /^(?:\s+\S|- |\[|\])/
const endsBlock = /^(?:\s*$|#{1,6}\s)/

/**
 * What is wrong where lines of keys follow a first line of --- and no other ends them. A line that is drawn has other text
 * below it, in which one line at most is like a key: Note: this.
 */
function unclosed(text: string): Partial<FrontMatter> {
  const lines = text.split('\n', maxUnclosed + 1)
  const [first = '', second = ''] = lines
  if (first.trimEnd() !== '---' || !aKey.test(second)) return {}
  const end = lines.findIndex((line, index) => index > 0 && !aKey.test(line) && !goesOn.test(line))
  const block = lines.slice(1, end < 0 ? undefined : end)
  const keys = block.filter((line) => aKey.test(line)).length
  const isAlone = endsBlock.test(lines[end] ?? '') && startsSmall.test(second)
  if (keys < 2 && !isAlone) return {}
  return { error: 'The front matter does not end: a line of --- after it is missing.', plainLines: block.length + 1 }
}

function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

function parseMapping(yaml: string): JsonObject | undefined {
  const document = parseDocument(yaml, { schema: 'core', logLevel: 'silent', uniqueKeys: false })
  const [error] = document.errors
  if (error) throw error
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  return isPlainObject(value) ? (toJson(value) as JsonObject) : undefined
}

/** What YAML has and JSON has not becomes null, or text without half characters. */
function toJson(value: Record<string, unknown>): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, member: unknown) => {
      if (typeof member === 'bigint') return String(member)
      return typeof member === 'string' ? member.toWellFormed() : member
    }),
  )
}
