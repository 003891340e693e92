import { type Document, isAlias, isMap, isScalar, parseDocument } from 'yaml'
import { isPlainObject, type JsonObject } from '../json.js'

export interface FrontMatter {
  metadata: JsonObject
  /** As it is written: a version 1.10 is another one than 1.1, which a number is not. */
  title: string | undefined
  /** What is wrong with it. Its text is then a part of the document. */
  error: string | null
  /** So many lines at the beginning of `body` are no markdown. */
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
  const none = { metadata: {}, title: undefined, error: null, plainLines: 0, body: text, firstLine: 0 }
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
    const mapping = parseMapping(yaml)
    // A line of --- is also a way to draw one, with any text between two of them.
    if (mapping === undefined) return none
    // It is all that the file says, and is to be found.
    if (after.body.trim() === '') return { ...none, ...mapping, plainLines: firstLine }
    return { ...none, ...mapping, ...after }
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

function parseMapping(yaml: string): Pick<FrontMatter, 'metadata' | 'title'> | undefined {
  // Below the line of ---, so that an error names the line of the file.
  const document = parseDocument(`\n${yaml}`, {
    ...{ schema: 'core', logLevel: 'silent', uniqueKeys: false },
    intAsBigInt: true,
  })
  const [error] = document.errors
  if (error) throw error
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  return isPlainObject(value) ? { metadata: toJson(value) as JsonObject, title: titleIn(document) } : undefined
}

function titleIn(document: Document.Parsed): string | undefined {
  const { contents } = document
  const found = isMap(contents) ? contents.get('title', true) : undefined
  const node = isAlias(found) ? found.resolve(document) : found
  if (!isScalar(node)) return undefined
  const { value, source } = node
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'bigint' ? source : undefined
}

/** What YAML has and JSON has not becomes null, whole numbers too large to be exact texts of their digits. */
function toJson(value: Record<string, unknown>): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, member: unknown) => {
      if (typeof member === 'bigint') return Number.isSafeInteger(Number(member)) ? Number(member) : String(member)
      return typeof member === 'string' ? member.toWellFormed() : member
    }),
  )
}
