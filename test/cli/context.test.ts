import { beforeEach, describe, expect, it } from 'vitest'
import type { ContextResult } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()
let cairn: Cli
beforeEach(async () => {
  cairn = newCli()
  await cairn('init')
  await cairn(['memory', 'add', 'user:alice:preferences', 'tone', '--text', 'Short and friendly, with an example.'])
  await cairn('session create --id s1 --user alice --app support')
  await cairn(['session', 'append', 's1', '--actor', 'user:alice', '--text', 'Which tone do I like?'])
})

describe('cairn context', () => {
  it('prints the text, and with --json all that the API gives', async () => {
    const { stdout, stderr } = await cairn('context --session s1 --query tone')
    const result = await cairn.json<ContextResult>('context --session s1 --query tone')
    expect(stdout).toBe(`${result.text}\n`)
    expect(stderr).toMatch(/^2 items, \d+ of 4,000 tokens; 0 left out; [\d.]+ ms\n$/)
  })

  it('prints what went in as a table, and in two lines each where that has no room', async () => {
    const wide = await cairn('context --session s1 --query tone --manifest', { columns: 120 })
    expect(wide.stdout).toMatch(
      /^section +kind +ref +tokens +why\nuser-memories +memory +user:alice:preferences tone v1 +\d+ /,
    )
    const { stdout } = await cairn('context --session s1 --query tone --manifest', { columns: 60 })
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(8)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
    expect(lines[0]).toBe('user:alice:preferences tone v1')
    expect(lines[1]).toMatch(/^ {2}user-memories, \d+ tokens, memory of the user$/)
    expect(lines[5]).toMatch(/^ {2}found, is in already$/)
  })
})
