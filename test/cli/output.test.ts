import { describe, expect, it } from 'vitest'
import { Output } from '../../src/cli/output.js'

const silent = { write: () => undefined }
const output = (columns: number) =>
  new Output({ stdout: silent, stderr: silent, env: {}, cwd: '.', isTTY: true, columns }, false)

describe('a text that ends with a command', () => {
  const text = 'Change over to it with: cairn embeddings migrate --to ollama/shell/768'

  it('is one line where that fits', () => {
    expect(output(80).wrapped(text)).toBe(text)
  })

  it('has the command in a line of its own, to be copied, where it would be broken', () => {
    expect(output(60).wrapped(text)).toBe('Change over to it with:\ncairn embeddings migrate --to ollama/shell/768')
  })

  it('is wrapped as any where a line has no room for the command', () => {
    for (const line of output(30).wrapped(text).split('\n')) expect(line.length).toBeLessThanOrEqual(30)
  })
})
