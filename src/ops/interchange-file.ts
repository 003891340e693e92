import { CairnError } from '../errors.js'
import { attempt, type ImportProgress, type NumberedRow } from './import.js'
import type { ImportFile } from './import-file.js'
import type { InterchangeHeader } from './interchange.js'
import { parseLine } from './interchange-line.js'
import { type NumberedLine, readLines } from './line-reader.js'
import type { Named } from './record-checker.js'
import type { ValueLimits } from './value-limits.js'

/** The rows of an interchange file, a few at a time. What does not begin as one is refused at once. */
export async function* rowsOf(
  file: ImportFile,
  { valueBytes, checkpointBytes }: ValueLimits,
  pass: ImportProgress['pass'],
): AsyncGenerator<NumberedRow[]> {
  const reader = new FileReader(pass === 'write')
  // A record has two values at most, or a state, and a little more.
  const lineBytes = Math.max(2 * valueBytes, checkpointBytes) + 1_048_576
  for await (const lines of readLines(file.read(), lineBytes)) yield lines.flatMap((line) => reader.take(line))
  yield reader.end()
}

class FileReader {
  readonly #seen: boolean
  #lines = 0
  #lastLine = 0
  #ended = false

  constructor(seen: boolean) {
    this.#seen = seen
  }

  take(numbered: NumberedLine): NumberedRow[] {
    const before = this.#lines++
    const { line } = numbered
    this.#lastLine = line
    if (before === 0) {
      demandHeader(numbered)
      return []
    }
    if ('problem' in numbered) return [numbered]
    const read = attempt(line, () => parseLine(numbered.text, this.#seen))
    if ('problem' in read) return [{ ...read, of: namedBy(numbered.text) }]
    const { row } = read
    const problem = this.#ended ? 'stands after the end of the file' : undefined
    if (row.record === 'header') return [{ line, problem: problem ?? 'is a second header; import one file at a time' }]
    if (row.record !== 'end') return problem === undefined ? [{ line, row }] : [{ line, problem }]
    this.#ended = true
    if (row.lines === before) return []
    return [
      { line, problem: `says that ${row.lines} lines are before it; there are ${before}: some are missing or new` },
    ]
  }

  end(): NumberedRow[] {
    if (this.#lines === 0) throw notOurs('It is empty.')
    return this.#ended ? [] : [{ line: this.#lastLine, problem: 'is the last, and not the end: the file was cut off' }]
  }
}

// A quote within a text has a backslash before it, so these are members. Whether the line is JSON does not matter.
const kindOfLine = /"record"\s*:\s*"(session|task)"/
const idOfLine = /"id"\s*:\s*"([^"\\]*)"/

/** Which session or task a bad line is, as far as it shows. */
function namedBy(text: string): Named | undefined {
  const [, kind] = kindOfLine.exec(text) ?? []
  const [, id] = idOfLine.exec(text) ?? []
  if (kind === undefined || id === undefined) return undefined
  return { to: kind === 'session' ? 'sessions' : 'tasks', id }
}

function demandHeader(first: NumberedLine): InterchangeHeader {
  if ('problem' in first) throw notOurs(`Its first line ${first.problem}.`)
  let found: ReturnType<typeof parseLine>
  try {
    found = parseLine(first.text)
  } catch (error) {
    // One of a newer version is told as such.
    if (error instanceof CairnError && error.details?.known !== undefined) throw error
    throw notOurs('Its first line is no header.')
  }
  if (found.record === 'header') return found
  throw notOurs('Its first line is no header.')
}

function notOurs(why: string): CairnError {
  return new CairnError('invalid_input', `This is no file that \`cairn export\` made. ${why}`, {
    hint: 'A file begins with {"format":"cairn","record":"header",…}; see docs/interchange.md.',
    details: { header: 'missing' },
  })
}
