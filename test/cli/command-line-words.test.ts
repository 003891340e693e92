import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inCommandLineWords } from '../../src/cli/command-line-words.js'
import { CairnError } from '../../src/errors.js'
import { useCli } from './run-cli.js'

const newCli = useCli()

it.each([
  ['task show nope', 'Look for it with cairn task list.'],
  ['agent terminate nope', 'Look for it with cairn agent list.'],
  ['session terminate nope', 'Look for it with cairn session list.'],
  ['memory lookup tone', 'Use --as app=APP,user=USER, or name a session.'],
])('%s fails with a hint that can be typed', async (line, hint) => {
  const cairn = newCli()
  await cairn.json('init')
  expect((await cairn(line)).stderr).toContain(`hint: ${hint}\n`)
})

it('no hint speaks of methods or handles', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const texts = files.filter((name) => !name.startsWith('cli')).map((name) => readFileSync(join('src', name), 'utf8'))
  const code = /\b(cairn|sessions|tasks|agents|memories)\.\w+\(/
  const hints = texts.flatMap((text) => text.match(/'[A-Z][^'\n]* [^'\n]*'/g) ?? []).filter((hint) => code.test(hint))
  expect(hints.length).toBeGreaterThan(5)
  // Refusals have a hint of their own on the command line.
  for (const hint of hints.filter((each) => !each.includes('Ask whoever'))) {
    const error = inCommandLineWords(new CairnError('not_found', 'There is none.', { hint })) as CairnError
    expect(error.hint).not.toMatch(code)
  }
})
