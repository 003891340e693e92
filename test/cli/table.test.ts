import { describe, expect, it } from 'vitest'
import { type Column, formatRecord, formatTable } from '../../src/cli/table.js'
import { displayWidth } from '../../src/cli/text.js'

const plain = { bold: (text: string) => text, dim: (text: string) => text }

interface Row {
  name: string
  size: number
  note: string
}

const columns: Column<Row>[] = [
  { title: 'name', cell: ({ name }) => name },
  { title: 'size', cell: ({ size }) => `${size}`, align: 'right', dropAt: 1 },
  { title: 'note', cell: ({ note }) => note, shrinkTo: 6, dropAt: 2 },
]

const rows: Row[] = [
  { name: 'alpha', size: 1, note: 'short' },
  { name: 'beta', size: 12345, note: 'a long note that may be cut' },
]

describe('a table', () => {
  it('is as wide as what it holds when there is room', () => {
    expect(formatTable(rows, columns, { ...plain, columns: 80 })).toBe(
      ['name    size  note', 'alpha      1  short', 'beta   12345  a long note that may be cut'].join('\n'),
    )
  })

  it('cuts long cells first', () => {
    expect(formatTable(rows, columns, { ...plain, columns: 24 })).toBe(
      ['name    size  note', 'alpha      1  short', 'beta   12345  a long no…'].join('\n'),
    )
  })

  it('then leaves columns out, the least important first', () => {
    expect(formatTable(rows, columns, { ...plain, columns: 19 })).toBe(
      ['name    size', 'alpha      1', 'beta   12345'].join('\n'),
    )
    expect(formatTable(rows, columns, { ...plain, columns: 10 })).toBe(['name', 'alpha', 'beta'].join('\n'))
  })

  it('then writes the rows one below the other', () => {
    const wide: Row[] = [{ name: 'a-name-that-is-never-cut', size: 1, note: 'short' }]
    expect(formatTable(wide, columns, { ...plain, columns: 22 })).toBe(
      ['name  a-name-that-is-n', '      ever-cut', 'size  1', 'note  short'].join('\n'),
    )
    const narrow = ({ name }: Row): string => `row of ${name}`
    expect(formatTable(wide, columns, { ...plain, columns: 22, narrow })).toBe('row of a-name-that-is-never-cut')
  })

  it('leaves out a column that says nothing', () => {
    const silent = rows.map((row) => ({ ...row, note: '' }))
    expect(formatTable(silent, columns, { ...plain, columns: 80 })).not.toContain('note')
  })

  it.each([20, 40, 60, 80, 160])('fits %d columns, wide characters and colours included', (width) => {
    const cells = ['日本語テキスト', 'ünïcödé', '👩‍👩‍👧 family', 'x'.repeat(300), '\u001b[31mred\nline']
    const mixed = cells.map((note, size) => ({ name: `n${size}`, size, note }))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colour codes are what is looked for
    const ansi = /\u001b\[\d+m/g
    const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`
    const lines = formatTable(mixed, columns, { columns: width, bold, dim: bold }).replaceAll(ansi, '').split('\n')
    expect(lines).toHaveLength(6)
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width)
  })
})

describe('a record', () => {
  it('aligns its values, wraps them and leaves out empty ones', () => {
    const entries: [string, string][] = [
      ['id', '1'],
      ['nothing', ''],
      ['note', 'one two three four'],
    ]
    expect(formatRecord(entries, { ...plain, columns: 16 })).toBe(
      ['id    1', 'note  one two', '      three four'].join('\n'),
    )
  })
})
