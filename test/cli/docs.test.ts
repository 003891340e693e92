import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Argument, Command, Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { pathOf } from '../../src/cli/command.js'
import { exitCodes } from '../../src/cli/exit-codes.js'
import { buildProgram } from '../../src/cli/program.js'
import { configSchema, environmentNames, resolveConfig } from '../../src/config.js'
import { embedderFields } from '../../src/embeddings/embedder-schema.js'
import { type Cli, shellWords, useCli } from './run-cli.js'

const page = readFileSync(resolve('docs/cli.md'), 'utf8')
const silent = { write: () => undefined }
const program = buildProgram({ stdout: silent, stderr: silent, env: {}, cwd: '.', isTTY: false })

function treeOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(treeOf)]
}

const commands = treeOf(program)
const newCli = useCli()

/** The part of the page below a heading, up to the next heading of the same or a higher level. */
function section(heading: string): string {
  const level = heading.indexOf(' ')
  const start = page.indexOf(`\n${heading}\n`)
  expect(start, `docs/cli.md has no '${heading}'`).toBeGreaterThan(-1)
  const rest = page.slice(start + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'))
  return end === -1 ? rest : rest.slice(0, end)
}

/** What the page says of an argument or an option: the help text, what may be chosen, and the default. */
function row(name: string, { description, argChoices, defaultValue }: Argument | Option): string {
  const choices = argChoices === undefined ? '' : `: ${argChoices.join(', ')}`
  const otherwise = defaultValue === undefined ? '' : `; default ${defaultValue}`
  return `| \`${name}\` | ${description}${choices}${otherwise} |`
}

describe('every command', () => {
  it.each(commands.map((command) => [pathOf(command), command] as const))(
    '%s has help and stands in the docs',
    (path, command) => {
      const text = section(`### ${path}`)
      expect(command.description()).not.toBe('')
      expect(text).toContain(command.description())
      const own = command.options.filter(
        (option) =>
          command === program || !program.options.some(({ long }) => long === option.long && long !== '--version'),
      )
      const rows = [
        ...command.registeredArguments.map((argument) => row(argument.name(), argument)),
        ...own.map((option) => row(option.flags, option)),
      ]
      for (const each of rows) expect(text).toContain(each)
      for (const { description } of [...command.registeredArguments, ...command.options])
        expect(description).not.toBe('')
      const documented = text.match(/^\| `.*$/gm)?.length ?? 0
      expect(documented).toBe(rows.length + (command === program ? 1 : 0))
    },
  )

  it('and no other stands in the docs', () => {
    const headings = [...page.matchAll(/^### (cairn.*)$/gm)].map(([, path]) => path)
    expect(headings).toEqual(commands.map(pathOf))
  })

  it.each(commands.filter((command) => command.commands.length === 0).map(pathOf))(
    '%s takes the global options',
    (path) => {
      const command = commands.find((each) => pathOf(each) === path)
      expect(command?.options.map(({ long }) => long)).toEqual(expect.arrayContaining(['--db', '--as', '--json']))
    },
  )
})

describe('the examples', () => {
  async function prepared(): Promise<Cli> {
    const cairn = newCli()
    await cairn.json('init')
    await cairn.json('memory add user:alice:preferences tone 1')
    await cairn.json('session create --id SESSION --user alice --app support')
    await cairn.json('task submit "do it" --id TASK --user alice --app support')
    await cairn.json('task claim')
    await cairn.json('task submit "do more" --user alice --app support')
    await cairn.json('agent spawn scout --id AGENT --user alice --app support')
    return cairn
  }

  it.each(commands.map(pathOf))('in the help of %s are command lines', async (path) => {
    const cairn = await prepared()
    const { stdout } = await cairn(['help', ...path.split(' ').slice(1)], { columns: 300 })
    for (const [, line = ''] of stdout.matchAll(/^ {2}cairn (.*)$/gm)) {
      const [args = ''] = line.split(' < ')
      const { code, stderr } = await cairn(args, { stdin: '{"steps":[]}' })
      // Where no model answers, as here mostly, that is what they say.
      const codes = /^cairn embeddings (?:setup|run|migrate)$/.test(path) ? [0, 1, 69] : [0, 1]
      expect(codes, `cairn ${line}: ${stderr}`).toContain(code)
    }
  })

  it('in the docs work, one after the other', async () => {
    const cairn = newCli()
    const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
    const lines = blocks.join('').trim().split('\n')
    expect(lines.length).toBeGreaterThan(15)
    for (const line of lines) {
      const [, stdin, args = ''] = /^(?:echo '([^']*)' \| )?cairn (.*)$/.exec(line) ?? []
      const { code, stderr } = await cairn(shellWords(args), stdin === undefined ? {} : { stdin })
      expect(code, `${line}: ${stderr}`).toBe(0)
    }
  })
})

describe('the tables', () => {
  it('name every exit code', () => {
    const rows = section('## Exit codes').match(/^\| \d.*$/gm) ?? []
    const documented = rows.flatMap((line) => {
      const [, code, , errors = ''] = line.split('|').map((cell) => cell.trim())
      return errors.match(/\w+/g)?.map((error) => [error, Number(code)]) ?? []
    })
    expect(Object.fromEntries(documented)).toEqual(exitCodes)
  })

  it('name every setting with its default and its meaning', () => {
    const text = section('## Settings')
    const { limits, threads, embedder, ...plain } = resolveConfig()
    const settings = {
      ...plain,
      ...Object.fromEntries(Object.entries(limits).map(([key, value]) => [`limits.${key}`, value])),
    }
    for (const [name, value] of Object.entries(settings))
      expect(text).toMatch(new RegExp(`^\\| \`${name}\` .* \`${value}\` \\|`, 'm'))
    expect(text).toMatch(new RegExp(`^\\| \`embedder.provider\` .* \`${embedder.provider}\` \\|`, 'm'))
    for (const name of Object.keys(embedderFields).filter((field) => field !== 'embedder'))
      expect(text).toContain(`| \`embedder.${name}\` |`)
    expect(Object.keys(configSchema.shape).sort()).toEqual(
      [...Object.keys(plain), 'embedder', 'limits', 'threads'].sort(),
    )
    expect({ threads, said: text.includes('`threads` is always off') }).toEqual({ threads: true, said: true })
    for (const name of Object.keys(environmentNames)) expect(text).toContain(`\`${name}\``)
  })
})
