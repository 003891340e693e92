import { readFileSync } from 'node:fs'
import { UsageError } from './arguments.mjs'

const minute = 60_000
const operations = ['add', 'update', 'rollback', 'delete', 'restore']

const name = 'a text of one line, 1 to 150 characters'

/** What a line must be, field by field; examples/README.md says it in words. */
const fields = {
  id: { needed: true, is: isName, what: name },
  text: { needed: true, is: isText, what: 'a text' },
  conversation: { needed: true, is: isName, what: name },
  session: { needed: true, is: isName, what: name },
  speaker: { needed: true, is: isName, what: name },
  date: { needed: true, is: isDate, what: 'an ISO 8601 date such as 2026-03-01T09:30' },
  image_caption: { is: isText, what: 'a text' },
  project: { is: isName, what: name },
  agent: { is: (value) => typeof value === 'boolean', what: 'true or false' },
  state: { is: isObject, what: 'an object' },
  memory: { is: isMemory, what: `an object, or a list of them, whose op is one of ${operations.join(', ')}` },
}

/**
 * The sessions of a file in the order in which they began. A session has a `user` (its conversation), an `id`, and
 * `turns` with a `time` each: turns that share a date come a minute after one another.
 */
export function readConversation(path) {
  const sessions = new Map()
  const seen = new Set()
  for (const { turn, line } of readLines(path)) {
    const problem = problemOf(turn) ?? (seen.has(turn.id) ? `id ${turn.id} was there before` : undefined)
    if (problem !== undefined) throw new UsageError(`${path}:${line}: ${problem}.`)
    seen.add(turn.id)
    const name = `${turn.conversation}\n${turn.session}`
    const session = sessions.get(name) ?? { id: toId(turn.session), user: toId(turn.conversation), turns: [] }
    sessions.set(name, session)
    const previous = session.turns.at(-1)?.time ?? Number.NEGATIVE_INFINITY
    session.turns.push({ ...turn, line, time: Math.max(toMillis(turn.date), previous + minute) })
  }
  if (sessions.size === 0) throw new UsageError(`${path} has no turns. examples/README.md says what one looks like.`)
  return [...sessions.values()].sort((a, b) => a.turns[0].time - b.turns[0].time)
}

/** The objects in a JSONL file, with their line numbers. Empty lines are skipped. */
export function* readLines(path) {
  for (const [index, text] of readText(path).split('\n').entries()) {
    if (text.trim() === '') continue
    const turn = parseLine(text, path, index + 1)
    if (!isObject(turn)) throw new UsageError(`${path}:${index + 1}: a line must be a JSON object.`)
    yield { turn, line: index + 1 }
  }
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const why = { ENOENT: 'There is no file', EISDIR: 'That is a folder, not a file:', EACCES: 'May not read' }[
      error.code
    ]
    throw new UsageError(`${why ?? 'Cannot read'} ${path}.`)
  }
}

function parseLine(text, path, line) {
  try {
    return JSON.parse(text)
  } catch {
    const begin = text.replace(/[^\p{L}\p{N}\p{P} ]/gu, '·').slice(0, 40)
    throw new UsageError(`${path}:${line}: not JSON: ${begin}${text.length > 40 ? '…' : ''}`)
  }
}

function problemOf(turn) {
  for (const [field, { needed, is, what }] of Object.entries(fields)) {
    if (turn[field] === undefined && needed) return `${field} is missing`
    if (turn[field] !== undefined && !is(turn[field])) return `${field} must be ${what}`
  }
  return undefined
}

function isName(value) {
  return isText(value) && value.length <= 150 && !/\p{Cc}/u.test(value)
}

function isText(value) {
  return typeof value === 'string' && value.trim() !== ''
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isDate(value) {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(toMillis(value))
}

function isMemory(value) {
  return [value].flat().every((one) => isObject(one) && operations.includes(one.op))
}

/** A date without an offset is UTC, as everywhere in Cairn. */
function toMillis(date) {
  const zoned = date.length === 10 || /(Z|[+-]\d{2}:?\d{2})$/.test(date.slice(10))
  return Date.parse(zoned ? date : `${date}Z`)
}

/** Ids of users and sessions have no colon. */
function toId(name) {
  return name.replaceAll(/[:/]/g, '-')
}
