import { parseDocument } from 'yaml'
import { isPlainObject, type JsonObject } from '../json.js'

export interface FrontMatter {
  metadata: JsonObject
  /** What is wrong with it. Its text is then a part of the document. */
  error: string | null
  /** The text after it, and how many lines there are before that. */
  body: string
  firstLine: number
}

const frontMatter = /^---[^\S\n]*\n(?:(?<yaml>.*?)\n)??(?:---|\.\.\.)[^\S\n]*(?:\n|$)/s
const maxLength = 65_536

/** The YAML between two lines of --- at the beginning, if it is a mapping. Lines end with \n. */
export function readFrontMatter(text: string): FrontMatter {
  const none = { metadata: {}, error: null, body: text, firstLine: 0 }
  const found = text.startsWith('---') ? frontMatter.exec(text) : null
  if (found === null) return none
  const [whole] = found
  const yaml = found.groups?.yaml ?? ''
  const after = { body: text.slice(whole.length), firstLine: whole.split('\n').length - (whole.endsWith('\n') ? 1 : 0) }
  if (yaml.trim() === '') return { ...none, ...after }
  if (yaml.length > maxLength) return { ...none, error: `The front matter is over ${maxLength} characters long.` }
  try {
    const metadata = parseMapping(yaml)
    // A line of --- is also a way to draw one, with any text between two of them.
    return metadata === undefined ? none : { metadata, error: null, ...after }
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return { ...none, error: `The front matter is not YAML: ${reason.replace(/:$/, '')}` }
  }
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
