import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { pathOf } from '../../src/cli/command.js'
import { Output } from '../../src/cli/output.js'
import { buildProgram } from '../../src/cli/program.js'
import { run } from '../../src/cli/run.js'
import { displayWidth } from '../../src/cli/text.js'
import { type CliOptions, useCli } from './run-cli.js'

const newCli = useCli()

function treeOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(treeOf)]
}

describe('the command line', () => {
  it('explains itself when it stands alone, and on request', async () => {
    const cairn = newCli()
    const alone = await cairn('')
    expect(alone).toMatchObject({ code: 0, stderr: '' })
    expect(alone.stdout).toMatch(/^Usage: cairn/)
    expect(alone.stdout).toContain('Examples:')
    expect(await cairn('--help')).toEqual(alone)
    expect(await cairn('help')).toEqual(alone)
    const add = await cairn('memory add --help')
    expect(add.stdout).toMatch(/^Usage: cairn memory add \[options\] <namespace> \[key\] \[value\]/)
    expect(add).toMatchObject({ code: 0, stderr: '' })
    expect(await cairn('help memory add')).toEqual(add)
    expect(await cairn('memory help add')).toEqual(add)
    expect(await cairn('help memory ad')).toMatchObject({ code: 2 })
  })

  it.each([40, 60, 80])('keeps its help within a terminal of %d columns', async (columns) => {
    const cairn = newCli()
    const silent = { write: () => undefined }
    const program = buildProgram({ stdout: silent, stderr: silent, env: {}, cwd: '.', isTTY: false })
    for (const command of treeOf(program)) {
      const path = pathOf(command).split(' ').slice(1)
      const { stdout } = await cairn([...path, '--help'], { columns })
      for (const line of stdout.split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(columns)
      // Put together again, the examples are the lines that a wide terminal shows.
      const [, examples] = stdout.split('Examples:\n')
      const wide = (await cairn([...path, '--help'], { columns: 300 })).stdout.split('Examples:\n')[1]
      expect(examples?.replaceAll(/ \\\n +/g, ' ')).toBe(wide)
    }
  })

  it('says that a command is missing', async () => {
    const cairn = newCli()
    const memory = await cairn('memory')
    expect(memory).toMatchObject({ code: 2, stdout: '' })
    expect(memory.stderr).toMatch(/^error: cairn memory needs a command\.\nhint: One of add, .*\n\nUsage: cairn memory/)
    const json = await cairn('memory --json')
    expect(json).toMatchObject({ code: 2, stdout: '' })
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'invalid_input' } })
    expect(await cairn('--json')).toMatchObject({ code: 2, stdout: '' })
  })

  it.each([
    ['memroy list', "Unknown command 'memroy'.", 'Did you mean memory?'],
    ['memory lst', "Unknown command 'lst'.", 'Did you mean list?'],
    [
      'search -rex',
      "Unknown option '-rex'.",
      'See cairn search --help. A text that begins with - goes after --: cairn search -- -rex',
    ],
    [
      'docs sync docs --include=',
      "Option '--include <glob>' argument '' is invalid. It is empty.",
      'See cairn docs sync --help.',
    ],
    ['memory list --lmit 3', "Unknown option '--lmit'.", 'Did you mean --limit?'],
    ['frobnicate', "Unknown command 'frobnicate'.", 'See cairn --help.'],
    ['memory get user:a', "Missing required argument 'key'.", 'See cairn memory get --help.'],
    [
      'memory get a b c',
      "Too many arguments for 'get'. Expected 2 arguments but got 3.",
      'See cairn memory get --help.',
    ],
    [
      'memory list --limit some',
      "Option '--limit <n>' argument 'some' is invalid. Write a whole number, from 1 to 1000.",
      'See cairn memory list --help.',
    ],
    [
      'memory rollback user:a k 0',
      "Command-argument value '0' is invalid for argument 'version'. Write a whole number, 1 or more.",
      'See cairn memory rollback --help.',
    ],
  ])('answers %j', async (line, message, hint) => {
    const cairn = newCli()
    expect(await cairn(line)).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\nhint: ${hint}\n` })
    const json = await cairn(`${line} --json`)
    expect(json).toMatchObject({ code: 2, stdout: '' })
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'invalid_input', message, hint } })
  })

  it('takes global options in any place, the last one counting', async () => {
    const cairn = newCli()
    await cairn.json('init --db one.db')
    const lines = ['--db one.db --json stats', 'stats --json --db one.db', '--db none.db stats --db=one.db --json']
    for (const line of lines) {
      const { code, stdout } = await cairn(line)
      expect({ code, location: JSON.parse(stdout).location }).toEqual({ code: 0, location: cairn.path('one.db') })
    }
    const memory = await cairn('memory --db one.db --as user=alice add user:alice k 1')
    expect(memory).toMatchObject({ code: 0 })
    expect(await cairn.json('--as user=bob memory --db one.db get user:alice k --as user=alice')).toMatchObject({
      createdBy: 'user:alice',
    })
  })

  it('tells a refusal in its own words', async () => {
    const cairn = newCli()
    await cairn.json('init')
    const { code, stdout, stderr } = await cairn('memory get user:alice:preferences tone --as user=bob --json')
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({
      error: {
        code: 'forbidden',
        hint: 'Add grant=user:alice:preferences=read to --as, or leave --as out.',
        details: { right: 'read', namespace: 'user:alice:preferences' },
      },
    })
    const granted = await cairn('memory list --namespace user:alice --as user=bob,grant=user:alice=read')
    expect(granted).toMatchObject({ code: 0 })
  })

  it('turns what nobody expected into 70, with the place where it happened', async () => {
    const cairn = newCli()
    await cairn.json('init')
    let stderr = ''
    const code = await run(['memory', 'list', '--json'], {
      stdout: {
        write: () => {
          throw new TypeError('The wire is cut')
        },
      },
      stderr: { write: (text) => (stderr += text) },
      env: {},
      cwd: cairn.path('.'),
      isTTY: false,
    })
    expect({ code, error: JSON.parse(stderr).error.code }).toEqual({ code: 70, error: 'internal' })
    stderr = ''
    new Output(
      { stdout: process.stdout, stderr: { write: (text) => (stderr += text) }, env: {}, cwd: '.', isTTY: false },
      false,
    ).error(new TypeError('The wire is cut'))
    expect(stderr).toMatch(/^error: The wire is cut\n(?:hint: .*\n)?TypeError: The wire is cut\n {4}at /)
  })
})

describe('output', () => {
  const seen = async (options: CliOptions): Promise<string> => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn.json('memory add user:a k 1')
    return (await cairn('memory list', options)).stdout
  }

  it('has colours on a terminal that wants them', async () => {
    expect(await seen({ isTTY: true })).toContain('\u001b[1m')
    expect(await seen({ isTTY: false })).not.toContain('\u001b')
    expect(await seen({ isTTY: true, env: { NO_COLOR: '1' } })).not.toContain('\u001b')
    expect(await seen({ isTTY: true, env: { TERM: 'dumb' } })).not.toContain('\u001b')
    expect(await seen({ isTTY: false, env: { FORCE_COLOR: '1' } })).toContain('\u001b[1m')
    expect(await seen({ isTTY: true, env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).not.toContain('\u001b')
  })

  it('is one line of JSON for programs and indented for people', async () => {
    const cairn = newCli()
    await cairn.json('init')
    expect((await cairn('memory list --json')).stdout).toBe('{"items":[],"next":null}\n')
    expect((await cairn('memory list --json', { isTTY: true })).stdout).toBe('{\n  "items": [],\n  "next": null\n}\n')
  })
})
