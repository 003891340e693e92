import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SearchResult } from '../../src/index.js'
import { embeddingServer } from '../helpers/embedding-server.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()

async function filled(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  await cairn.json(['memory', 'add', 'user:alice:notes', 'group', '--text', 'The support group meets on Mondays.'])
  await cairn.json([
    'memory',
    'add',
    'user:bob:notes',
    'group',
    '--text',
    'No support group for Bob.',
    '--type',
    'procedural',
  ])
  await cairn.json('session create --id s1 --user alice --app support')
  await cairn.json([
    'session',
    'append',
    's1',
    '--actor',
    'user:alice',
    '--text',
    'I went to a support group yesterday.',
  ])
  return cairn
}

const refs = ({ hits }: SearchResult): string[] =>
  hits.map(({ ref }) => ('namespace' in ref ? ref.namespace : `${ref.session}#${ref.seq}`)).sort()

describe('cairn search', () => {
  it('filters by kind, namespace, type, session and page', async () => {
    const cairn = await filled()
    const find = async (args: string): Promise<string[]> => refs(await cairn.json(`search "support group" ${args}`))
    expect(await find('')).toEqual(['s1#1', 'user:alice:notes', 'user:bob:notes'])
    expect(await find('--kind event')).toEqual(['s1#1'])
    expect(await find('--kind event,memory --limit 10')).toHaveLength(3)
    expect(await find('--kind memory --namespace user:alice,user:bob:notes')).toHaveLength(2)
    expect(await find('--namespace user:alice --namespace session:s1')).toEqual(['s1#1', 'user:alice:notes'])
    expect(await find('--type procedural')).toEqual(['user:bob:notes'])
    expect(await find('--session s1')).toEqual(['s1#1'])
    expect(await find('--limit 1 --offset 2')).toHaveLength(1)
    expect(await find('--as user=alice,app=support')).toEqual(['s1#1', 'user:alice:notes'])
    expect(await find('--known-at 2020-01-01 --kind memory')).toEqual([])
    expect(await find('--valid-at 2030-01-01 --kind memory')).toHaveLength(2)
  })

  it('takes several words without quotes', async () => {
    const cairn = await filled()
    expect(refs(await cairn.json('search support mondays --limit 1'))).toEqual(['user:alice:notes'])
  })

  it('shows what it found to people, with what matched in bold on a terminal', async () => {
    const cairn = await filled()
    const { stdout, stderr } = await cairn('search mondays')
    expect(stdout).toMatch(
      /^memory {2}user:alice:notes group v1 {2}\d{4}-\d\d-\d\d \d\d:\d\dZ {2}1\.00\n {2}The support group meets on Mondays\.\n$/,
    )
    expect(stderr).toMatch(/^1 hit in [\d.]+ ms\n$/)
    const seen = await cairn('search support mondays --namespace user:alice', { isTTY: true, columns: 30 })
    expect(seen.stdout).toContain('\u001b[1msupport\u001b[22m')
    expect(seen.stdout).toContain('\u001b[1mMondays\u001b[22m.')
    const event = await cairn('search yesterday')
    expect(event.stdout).toMatch(/^event {2}s1 #1 {2}/)
  })

  it.each([20, 23, 24, 36, 44, 50, 60, 80])('fits the terminal at %d columns, references whole', async (columns) => {
    const cairn = newCli()
    await cairn.json('init')
    const key = 'minutes of the weekly meeting of the support group in the old town hall'
    await cairn.json(['memory', 'add', 'user:alice:notes', key, '--text', 'Mondays at noon.'])
    await cairn.json(['memory', 'add', 'user:alice:notes', 'group', '--text', 'Mondays at one.'])
    const { stdout } = await cairn('search mondays', { columns })
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
    for (const name of [key, 'group']) expect(stdout.replaceAll('\n', ' ')).toContain(`user:alice:notes ${name} v1`)
  })

  it('shortens the time before it gives the reference a line of its own', async () => {
    const cairn = await filled()
    const heading = async (columns: number): Promise<string> => {
      const { stdout } = await cairn('search mondays', { columns })
      return (
        stdout
          .replaceAll(/\d{4}-\d\d-\d\d/g, 'DAY')
          .replaceAll(/\d\d:\d\dZ/g, 'TIME')
          .split('\n  ')[0] ?? ''
      )
    }
    expect(await heading(58)).toBe('memory  user:alice:notes group v1  DAY TIME  1.00')
    expect(await heading(57)).toBe('memory  user:alice:notes group v1  DAY  1.00')
    expect(await heading(51)).toBe('memory  user:alice:notes group v1  DAY  1.00')
    expect(await heading(50)).toBe('memory  DAY TIME  1.00\nuser:alice:notes group v1')
    expect(await heading(24)).toBe('memory  DAY  1.00\nuser:alice:notes group\nv1')
    expect(await heading(23)).toBe('memory  1.00\nuser:alice:notes group\nv1')
  })

  it('reads the question from stdin', async () => {
    const cairn = await filled()
    const { stdout } = await cairn('search - --json', { stdin: 'support\ngroup\n' })
    expect(refs(JSON.parse(stdout))).toHaveLength(3)
    expect(await cairn('search -', { stdin: '' })).toEqual(await cairn(['search', '']))
  })

  it('shows a whole text in its own lines', async () => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn(['memory', 'add', 'user:alice', 'steps', '--text', '-'], { stdin: 'one kettle\n\n  two cups\n' })
    expect((await cairn('search kettle --detail full')).stdout).toContain('\n  one kettle\n\n    two cups\n')
  })

  it('explains in lines that fit', async () => {
    const cairn = await filled()
    const asked = 'search when does the support group of the harbour meet on mondays or tuesdays --explain'
    const { stdout } = await cairn(asked, { columns: 60 })
    expect(stdout).toMatch(/^ {2}holds \d+ % of the question: /m)
    expect(stdout).toContain('mondays')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60)
  })

  it('explains by which other words a hit was found, and what it lacks', async () => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn(['memory', 'add', 'user:alice', 'n1', '--text', 'Cats sleep in the kitchens'])
    const held = async (question: string) =>
      (await cairn(`search ${question} --explain`)).stdout.match(/holds .*/)?.[0].replaceAll(/ \d+\.\d\d/g, '')
    expect(await held('kitten')).toBe('holds 40 % of the question: kitten ~ cats')
    expect(await held('kitchns')).toBe('holds 70 % of the question: kitchns (read as kitchens)')
    expect(await held('kitchens sleep')).toBe('holds 100 % of the question: kitchens, sleep')
    expect(await held('cats zebra')).toBe('holds 46 % of the question: cats; lacks zebra')
  })

  it('says what was found by meaning alone, and when that is nothing certain', async () => {
    const cairn = newCli()
    const server = await embeddingServer({ models: ['pebble'] })
    writeFileSync(cairn.path('cairn.config.json'), JSON.stringify({ embedder: { url: server.url } }))
    await cairn.json('init')
    for (const key of ['tea', 'mugs', 'plates', 'spoons'])
      await cairn.json(`memory add user:alice ${key} --text ${key}`)
    await cairn('embeddings migrate --to ollama/pebble')
    const told = /^Nothing here is certain: no hit was found by a word, and\nnone stands out by its meaning\.\n4 hits/
    const nothing = await cairn('search zebra', { columns: 60 })
    expect(nothing.stderr).toMatch(told)
    expect(nothing.stdout.match(/ \d\.\d\d by meaning$/gm)).toHaveLength(4)
    expect(nothing.stdout).not.toContain('found by')
    expect(await cairn.json('search zebra')).toMatchObject({ hits: Array(4).fill({ kind: 'memory' }) })
    const some = await cairn('search tea')
    expect(some.stderr).toMatch(/^4 hits/)
    expect(some.stdout.match(/ \d\.\d\d by meaning$/gm)).toHaveLength(3)
    for (const way of ['--mode semantic', '--known-at 2999-01-01', '--mode lexical']) {
      const { stdout, stderr } = await cairn(`search zebra ${way}`)
      expect(`${stdout}${stderr}`).not.toMatch(/by meaning|certain/)
    }
    expect((await cairn('search zebra --explain')).stdout).toContain('found by vector')
  })

  it('exits with 0 when nothing is found', async () => {
    const cairn = await filled()
    expect(await cairn('search zebra')).toEqual({ code: 0, stdout: '', stderr: 'nothing found\n' })
    expect(await cairn.json('search zebra')).toMatchObject({ hits: [], degraded: [] })
  })

  it.each([
    ['search', /Missing required argument 'text'/],
    ['search x --kind memroy', /Allowed choices are memory, event/],
    ['search x --type sematic', /Allowed choices are semantic/],
    ['search x --limit 101', /whole number, from 1 to 100/],
    ['search x --offset -1', /whole number, from 0 to 1000/],
    ['search x --namespace nowhere', /not a namespace/],
    ['search x --namespace user:alice,project', /project is not a namespace/],
    ['search x --known-at soon', /not a time/],
  ])('refuses %j', async (line, message) => {
    const cairn = await filled()
    const refused = await cairn(line)
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(message)
  })
})
