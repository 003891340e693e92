import Table from 'cli-table3'
import { displayWidth, oneLine, truncate, wrapped } from './text.js'

export interface Column<Row> {
  title: string
  cell: (row: Row) => string
  align?: 'right'
  /** The fewest columns that long cells may be cut to; without it they are never cut. */
  shrinkTo?: number
  /** Columns with the highest number are left out first where space is short; without it they stay. */
  dropAt?: number
}

export interface TextStyle {
  columns: number
  bold: (text: string) => string
  dim: (text: string) => string
}

export interface TableStyle<Row> extends TextStyle {
  /** A row where there is no room for a table, without empty lines between; lines of `title  cell` when left out. */
  narrow?: ((row: Row) => string) | undefined
}

const gap = 2

/**
 * A table no wider than the terminal: long cells are cut, then columns left out; where even that does not fit, the
 * rows are written one below the other.
 */
export function formatTable<Row>(rows: Row[], allColumns: Column<Row>[], style: TableStyle<Row>): string {
  const cells = new Map(allColumns.map((column) => [column, rows.map((row) => oneLine(column.cell(row)))]))
  // A column that may be left out and says nothing is left out.
  const columns = allColumns.filter((each) => each.dropAt === undefined || cells.get(each)?.some((cell) => cell !== ''))
  const natural = (column: Column<Row>): number =>
    Math.max(displayWidth(column.title), ...(cells.get(column) ?? []).map((cell) => displayWidth(cell)))
  const fitted = fitColumns(columns, columns.map(natural), style.columns)
  const { narrow } = style
  if (fitted === undefined && narrow) return rows.map(narrow).join('\n')
  if (fitted === undefined) return rows.map((row) => formatRow(row, columns, style)).join('\n\n')
  const table = new Table({
    colWidths: fitted.map(({ width }, index) => width + (index === fitted.length - 1 ? 0 : gap)),
    colAligns: fitted.map(({ column }) => column.align ?? 'left'),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    chars: Object.fromEntries(borders.map((name) => [name, ''])),
  })
  const padded = (text: string, index: number): string =>
    index === fitted.length - 1 ? text : `${text}${' '.repeat(gap)}`
  const cut = (text: string, index: number): string => padded(truncate(text, fitted[index]?.width ?? 0), index)
  table.push(fitted.map(({ column }, index) => style.bold(cut(column.title, index))))
  for (const row of rows.keys()) {
    table.push(fitted.map(({ column }, index) => cut(cells.get(column)?.[row] ?? '', index)))
  }
  return trimLines(table.toString())
}

const borders = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
]

function trimLines(text: string): string {
  return text.replaceAll(/ +$/gm, '')
}

interface Fitted<Row> {
  column: Column<Row>
  width: number
}

/** Which columns, and how wide; undefined when not even the indispensable ones fit. */
function fitColumns<Row>(columns: Column<Row>[], natural: number[], room: number): Fitted<Row>[] | undefined {
  let kept = columns.map((column, index): Fitted<Row> => ({ column, width: natural[index] ?? 0 }))
  for (;;) {
    const least = sum(kept.map(leastOf)) + gap * (kept.length - 1)
    if (least <= room) return shrink(kept, room - gap * (kept.length - 1))
    const next = Math.max(...kept.map(({ column }) => column.dropAt ?? 0))
    if (next === 0) return undefined
    kept = kept.filter(({ column }) => column.dropAt !== next)
  }
}

function leastOf<Row>({ column, width }: Fitted<Row>): number {
  return column.shrinkTo === undefined ? width : Math.min(width, Math.max(column.shrinkTo, displayWidth(column.title)))
}

/** Takes from the widest column that may shrink until all fit. */
function shrink<Row>(fitted: Fitted<Row>[], room: number): Fitted<Row>[] {
  const result = fitted.map((each) => ({ ...each, least: leastOf(each) }))
  for (let excess = sum(result.map(({ width }) => width)) - room; excess > 0; excess--) {
    const slack = result.filter(({ width, least }) => width > least)
    const widest = slack.reduce((a, b) => (b.width > a.width ? b : a))
    widest.width--
  }
  return result
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function formatRow<Row>(row: Row, columns: Column<Row>[], style: TextStyle): string {
  return formatRecord(
    columns.map((column) => [column.title, column.cell(row)]),
    style,
  )
}

/** Lines of `name  value` with the values aligned; empty values are left out. */
export function formatRecord(entries: [name: string, value: string][], style: TextStyle): string {
  const shown = entries.filter(([, value]) => value !== '')
  const indent = Math.max(0, ...shown.map(([name]) => displayWidth(name))) + gap
  return shown
    .flatMap(([name, value]) => {
      const [first = '', ...rest] = wrapped(oneLine(value), { width: style.columns, indent })
      return [`${style.dim(name)}${first.slice(displayWidth(name))}`, ...rest]
    })
    .join('\n')
}
