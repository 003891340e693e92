import { expect, it } from 'vitest'
import { type NumberedLine, readLines, toBytes } from '../../src/ops/line-reader.js'
import { refusal } from '../helpers/refusal.js'

async function lines(chunks: (string | Uint8Array)[], maxBytes = 100): Promise<NumberedLine[]> {
  const found: NumberedLine[] = []
  for await (const some of readLines(toBytes(chunks), maxBytes)) found.push(...some)
  return found
}

it('lines are cut at line breaks, however the bytes come', async () => {
  const text = 'one\nzwölf 😀\r\nthree'
  const expected = [
    { line: 1, text: 'one' },
    { line: 2, text: 'zwölf 😀\r' },
    { line: 3, text: 'three' },
  ]
  expect(await lines([text])).toEqual(expected)
  expect(await lines(Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte)))).toEqual(expected)
  expect(await lines([`${text}\n`])).toEqual(expected)
})

it('blank lines count and are left out, as is a mark of UTF-8 at the start', async () => {
  expect(await lines(['\ufeffone\n\n  \r\ntwo\n\n'])).toEqual([
    { line: 1, text: 'one' },
    { line: 4, text: 'two' },
  ])
  expect(await lines([])).toEqual([])
})

it('a line that is no UTF-8 is named, and those around it are read', async () => {
  expect(await lines(['a\n', Buffer.from([0x62, 0xff, 0x0a]), 'c\n', Buffer.from([0xe2, 0x82])])).toEqual([
    { line: 1, text: 'a' },
    { line: 2, problem: 'is not UTF-8 text' },
    { line: 3, text: 'c' },
    { line: 4, problem: 'is not UTF-8 text' },
  ])
})

it('a line that is too long is named with its length', async () => {
  const found = await lines(['short\n', 'x'.repeat(60), 'x'.repeat(60), '\nnext\n'])
  expect(found).toEqual([
    { line: 1, text: 'short' },
    { line: 2, problem: expect.stringContaining('has 120 bytes') },
    { line: 3, text: 'next' },
  ])
})

it('what is neither text nor bytes is refused', async () => {
  await refusal(lines([7 as unknown as string]), 'invalid_input')
})
