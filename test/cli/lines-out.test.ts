import { readdirSync, readFileSync } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { expect, it } from 'vitest'
import type { Io } from '../../src/cli/io.js'
import { writeToFile, writeToStdout } from '../../src/cli/lines-out.js'
import { refusal } from '../helpers/refusal.js'
import { useTempFolder } from '../helpers/temp-folder.js'

const path = useTempFolder()

const ioOf = (stdout: Io['stdout']): Io => ({ stdout, stderr: { write: () => true }, env: {}, cwd: '.', isTTY: false })

/** Pieces that count how far a reader has come. */
function counted(count: number) {
  const made = { count: 0 }
  async function* pieces(): AsyncGenerator<string> {
    for (; made.count < count; made.count++) yield `${'x'.repeat(99)}\n`
  }
  return { made, pieces: pieces() }
}

it('pieces are made no faster than whoever reads stdout takes them', async () => {
  const stdout = new PassThrough({ highWaterMark: 300 })
  const { made, pieces } = counted(50)
  const done = writeToStdout(pieces, ioOf(stdout))
  await new Promise((resolve) => setImmediate(resolve))
  expect(made.count).toBeLessThan(10)
  let read = 0
  stdout.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  await done
  expect({ made: made.count, read }).toEqual({ made: 50, read: 5_000 })
})

it('nothing more is made for a reader that has gone', async () => {
  const stdout = new PassThrough({ highWaterMark: 300 })
  const { made, pieces } = counted(50)
  const done = writeToStdout(pieces, ioOf(stdout))
  stdout.destroy()
  await done
  expect(made.count).toBeLessThan(10)
})

it('a reader that fails is as good as gone', async () => {
  const stdout = new PassThrough({ highWaterMark: 300 })
  stdout.on('error', () => undefined)
  const { made, pieces } = counted(50)
  const done = writeToStdout(pieces, ioOf(stdout))
  await new Promise((resolve) => setImmediate(resolve))
  stdout.destroy(new Error('EPIPE'))
  await done
  expect(made.count).toBeLessThan(10)
})

it('two that write one file at the same time write one whole file, and the second is told', async () => {
  const texts = ['a', 'b'].map((letter) => letter.repeat(300_000))
  const writing = texts.map((text) => writeToFile(Readable.from([text]), path('out.jsonl')))
  const results = await Promise.allSettled(writing)
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const [first, second] = results[0]?.status === 'fulfilled' ? [0, 1] : [1, 0]
  await refusal(writing[second] as Promise<void>, 'already_exists')
  expect(readFileSync(path('out.jsonl'), 'utf8') === texts[first]).toBe(true)
  expect(readdirSync(path('.'))).toEqual(['out.jsonl'])
})
