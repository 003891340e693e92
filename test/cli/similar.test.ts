import { mkdirSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import type { SearchHit, SearchResult } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()
let cairn: Cli
beforeEach(async () => {
  cairn = newCli()
  await cairn.json('init')
  await cairn.json(['memory', 'add', 'user:alice:notes', 'ship', '--text', 'The ship leaves the harbour at noon.'])
  await cairn.json(['memory', 'add', 'user:alice:notes', 'bread', '--text', 'Bread with butter.'])
  await cairn.json(['memory', 'add', 'user:bob:notes', 'harbour', '--text', 'The harbour is closed at noon.'])
  await cairn.json('session create --id s1 --user alice --app support')
  await cairn.json(['session', 'append', 's1', '--actor', 'user:alice', '--text', 'Which ship is in the harbour?'])
  await cairn.json(['session', 'append', 's1', '--actor', 'user:alice', '--text', 'No butter, please.'])
  mkdirSync(cairn.path('docs'))
  writeFileSync(
    cairn.path('docs/port.md'),
    '# Port\n\nShips.\n\n## Harbour\n\nThe harbour.\n\n## Kitchen\n\nNo butter.\n',
  )
  writeFileSync(cairn.path('docs/food.md'), '# Food\n\nBread with butter.\n')
  writeFileSync(cairn.path('docs/none.md'), '')
  await cairn.json('docs sync docs')
})

function nameOf({ kind, ref }: SearchHit): string {
  if (kind === 'memory') return `${ref.namespace} ${ref.key}`
  return kind === 'event' ? `${ref.session} #${ref.seq}` : `${ref.path}:${ref.lines.join('-')}`
}

async function find(line: string): Promise<string[]> {
  const { hits } = await cairn.json<SearchResult>(`similar ${line}`)
  return hits.map(nameOf).sort()
}

describe('cairn similar', () => {
  it('finds what is like a memory, without it', async () => {
    expect(await find('memory user:alice:notes ship')).toEqual(['port.md:5-7', 's1 #1', 'user:bob:notes harbour'])
    expect(await find('memory user:alice:notes ship --kind memory')).toEqual(['user:bob:notes harbour'])
    expect(await find('memory user:alice:notes bread --namespace user:alice,session:s1')).toEqual(['s1 #2'])
    expect(await find('memory user:alice:notes ship --limit 1')).toHaveLength(1)
  })

  it('finds what is like an event', async () => {
    expect(await find('event s1 1')).toEqual(['port.md:5-7', 'user:alice:notes ship', 'user:bob:notes harbour'])
  })

  it('finds what is like a section of a document, named by a line of it', async () => {
    const harbour = ['s1 #1', 'user:alice:notes ship', 'user:bob:notes harbour']
    const butter = ['food.md:1-3', 's1 #2', 'user:alice:notes bread']
    expect(await find('document port.md')).toEqual(harbour.slice(0, 2))
    for (const line of [5, 7, 8]) expect(await find(`document port.md --line ${line}`)).toEqual(harbour)
    expect(await find('document port.md --line 9')).toEqual(butter)
    expect(await find('document food.md --line 3 --kind document')).toEqual(['port.md:9-11'])
  })

  it('finds what is like a piece of a long line, named by its number', async () => {
    const long = `${'The harbour is closed. '.repeat(200)}${'Bread with butter. '.repeat(200)}`
    writeFileSync(cairn.path('docs/long.md'), long)
    await cairn.json('docs sync docs')
    const { content } = await cairn.json<{ content: object[] }>('docs show long.md')
    const last = content.length - 1
    const best = async (line: string) =>
      (await cairn.json<SearchResult>(`similar document long.md ${line}`)).hits[0]?.ref
    for (const line of ['', '--line 1', '--chunk 0'])
      expect(await best(`--kind document ${line}`)).toMatchObject({ path: 'port.md', chunk: 1 })
    expect(await best(`--kind document --chunk ${last}`)).toMatchObject({ path: 'food.md', chunk: 0 })
    expect((await cairn(`similar document long.md --chunk ${last + 1}`)).code).toBe(2)
  })

  it('shows it as search does, with --explain as well', async () => {
    const { stdout, stderr } = await cairn('similar memory user:alice:notes ship --kind memory --explain')
    expect(stdout).toMatch(/^memory {2}user:bob:notes harbour v1 {2}.* {2}1\.00\n {2}The harbour is closed at noon\.\n/)
    expect(stdout).toMatch(/\d {2}words +words of the question in it\n/)
    expect(stderr).toMatch(/^1 hit in [\d.]+ ms\n$/)
    const nothing = await cairn('similar event s1 2 --kind event')
    expect(nothing).toEqual({ code: 0, stdout: '', stderr: 'nothing found\n' })
  })

  it('asks as somebody, who hears of nothing else', async () => {
    expect(await find('memory user:alice:notes ship --as user=alice,app=support')).toEqual(['s1 #1'])
    expect((await cairn('similar memory user:alice:notes ship --as user=bob')).code).toBe(3)
    expect((await cairn('similar event s1 1 --as user=bob,app=support')).code).toBe(1)
    expect((await cairn('similar document port.md --as user=bob')).code).toBe(1)
  })

  it.each([
    ['memory user:alice:notes none', 1, /There is no memory none in user:alice:notes/],
    ['event s1 99', 1, /There is no such item/],
    ['event none 1', 1, /There is no such item/],
    ['document other.md', 1, /No document other\.md is indexed/],
    ['document none.md', 1, /none\.md has no text/],
    ['document port.md --line 12', 2, /port\.md ends with line 11/],
    ['document port.md --line 0', 2, /whole number, 1 or more/],
    ['event s1 first', 2, /whole number, 1 or more/],
    ['memory user:alice:notes ship --kind memories', 2, /Allowed choices are/],
    ['memory user:alice:notes', 2, /Missing required argument 'key'/],
    ['task t1', 2, /./],
  ])('refuses %j', async (line, code, message) => {
    const refused = await cairn(`similar ${line}`)
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).toMatch(message)
  })
})
