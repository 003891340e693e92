import { CairnError, type Failure, toFailure } from '../errors.js'
import { formatTime } from './format.js'
import { type Colors, colorsFor, columnsOf, type Io } from './io.js'
import { type Column, formatRecord, formatTable } from './table.js'
import { displayWidth, oneLine, withoutControls, wrapped } from './text.js'

/** Where a command's answer goes: JSON for programs, text for people; remarks and errors on stderr. */
export class Output {
  readonly json: boolean
  readonly columns: number
  readonly colors: Colors
  readonly #io: Io

  constructor(io: Io, json: boolean) {
    this.#io = io
    this.json = json
    this.columns = columnsOf(io.columns, io.env)
    this.colors = colorsFor(io.isTTY, io.env)
  }

  /** The answer: exactly `data` as one JSON document with --json, otherwise the text that `toText` makes of it. */
  show<Data>(data: Data, toText: (data: Data) => string): void {
    const text = this.json ? JSON.stringify(data, null, this.#io.isTTY ? 2 : 0) : toText(data)
    if (text !== '') this.#io.stdout.write(`${text}\n`)
  }

  /** One of many answers of a command that goes on: with --json always on a line of its own. */
  line<Data>(data: Data, toText: (data: Data) => string): void {
    this.#io.stdout.write(`${this.json ? JSON.stringify(data) : toText(data)}\n`)
  }

  /** A remark for people that is no part of the answer. */
  note(text: string): void {
    if (!this.json) this.#io.stderr.write(`${this.#errorColors().dim(text)}\n`)
  }

  /** `at`: when it was, of a command that goes on. */
  error(error: unknown, at?: string): void {
    const failure = toFailure(error)
    const time = at === undefined ? '' : `${formatTime(at)}  `
    const text = this.json ? this.#errorJson(failure, at) : time + this.#errorText(failure, error)
    this.#io.stderr.write(`${text}\n`)
  }

  table<Row>(rows: Row[], columns: Column<Row>[], narrow?: (row: Row) => string): string {
    return formatTable(rows, columns, { ...this.#style(), narrow })
  }

  record(entries: [name: string, value: string][]): string {
    return formatRecord(entries, this.#style())
  }

  /** A name with a remark behind it, or below where the line has no room for it. */
  heading(name: string, remark: string, gap = ' '): string {
    const { bold, dim } = this.colors
    const lines = (text: string) => wrapped(text, { width: this.columns, indent: 0 })
    const names = lines(oneLine(name))
    const shown = withoutControls(remark)
    const fits = displayWidth(`${names.at(-1)}${gap}${shown}`) <= this.columns
    if (fits) return `${names.map(bold).join('\n')}${gap}${dim(shown)}`
    return [...names.map(bold), ...lines(shown).map(dim)].join('\n')
  }

  /** A text of some sentences, in lines that fit. A command at its end is not broken where a line has room for it. */
  wrapped(text: string): string {
    const lines = wrapped(text, { width: this.columns, indent: 0 })
    const [, before, command] = /^(.*:) (cairn (?:(?!\. ).)+)$/s.exec(text) ?? []
    if (before === undefined || command === undefined) return lines.join('\n')
    if (lines.at(-1)?.endsWith(command) || displayWidth(command) > this.columns) return lines.join('\n')
    return [...wrapped(before, { width: this.columns, indent: 0 }), command].join('\n')
  }

  /** A heading with text below it, indented and wrapped to at most `most` lines. */
  block(heading: string, text: string, most?: number): string {
    return [heading, ...wrapped(text, { width: this.columns, indent: 2, ...(most && { most }) })].join('\n')
  }

  #style() {
    const { bold, dim } = this.colors
    return { columns: this.columns, bold, dim }
  }

  #errorColors(): Colors {
    return colorsFor(this.#io.errorIsTTY ?? this.#io.isTTY, this.#io.env)
  }

  #errorJson({ code, message, hint, details }: Failure, at: string | undefined): string {
    return JSON.stringify({ at, error: { code, message, hint, details } }, null, this.#io.isTTY ? 2 : 0)
  }

  #errorText({ message, hint }: Failure, error: unknown): string {
    const { red, bold, dim } = this.#errorColors()
    const lines = [`${red(bold('error:'))} ${oneLine(message)}`]
    if (hint !== undefined) lines.push(`${dim('hint:')} ${oneLine(hint)}`)
    if (!(error instanceof CairnError) && error instanceof Error) lines.push(dim(error.stack ?? ''))
    return lines.join('\n')
  }
}
