import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Document, DocumentWithChunks, Page, SearchResult, SyncReport } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()
let cairn: Cli
beforeEach(async () => {
  cairn = newCli()
  await cairn('init')
  mkdirSync(cairn.path('docs/sub'), { recursive: true })
  writeFileSync(cairn.path('docs/tea.md'), '---\ntag: hot\n---\n# Tea\n\nGreen tea.\n\n## Pots\n\nIron pots.\n')
  writeFileSync(cairn.path('docs/sub/cups.md'), 'Clay cups.\n')
  writeFileSync(cairn.path('docs/image.md'), new Uint8Array([0, 1]))
})

describe('cairn docs', () => {
  it('syncs a folder and says what it did, and what it did not', async () => {
    const first = await cairn('docs sync docs', { columns: 200 })
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/^2 added, 1 skipped in \d+\.\d s\n/)
    expect(first.stdout).toMatch(/\nskipped +docs\/image\.md +binary/)
    const again = await cairn.json<SyncReport>('docs sync docs --exclude image.md')
    expect(again).toMatchObject({ unchanged: 2, skipped: [] })
    writeFileSync(cairn.path('docs/sub/cups.md'), '---\na: [\n---\nCups.\n')
    const warned = await cairn('docs sync docs/sub', { columns: 60 })
    expect(warned.stdout).toMatch(/^1 changed in .*\n\nwarning docs\/sub\/cups\.md: The front matter is not YAML/)
    for (const line of warned.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60)
  })

  it('names the first of many that it skips, and says how many more there are', async () => {
    for (let index = 0; index < 300; index++) writeFileSync(cairn.path(`docs/${index}.md`), new Uint8Array([0]))
    writeFileSync(cairn.path('docs/warn.md'), '---\na: [\n---\nCups.\n')
    for (const columns of [60, 120]) {
      const lines = (await cairn('docs sync docs', { columns })).stdout.split('\n')
      expect(lines[0]).toMatch(/, 301 skipped in/)
      expect(lines.filter((line) => line.startsWith('skipped'))).toHaveLength(10)
      expect(lines.filter((line) => line.startsWith('warning'))).toHaveLength(1)
      expect(lines.slice(-2)).toEqual(['… and 291 more skipped; --json names all', ''])
    }
    expect((await cairn.json<SyncReport>('docs sync docs')).skipped).toHaveLength(301)
  })

  it('answers searches with where it stands', async () => {
    await cairn('docs sync docs')
    const { hits } = await cairn.json<SearchResult>('search pots --kind document')
    expect(hits).toMatchObject([{ kind: 'document', ref: { path: 'tea.md', heading: 'Tea > Pots', lines: [8, 10] } }])
    const { stdout } = await cairn('search pots', { columns: 100 })
    expect(stdout).toMatch(/^document {2}tea\.md:8-10 Tea > Pots {2}/)
  })

  it('names the same things alike wherever documents are printed', async () => {
    await cairn('docs sync docs')
    const { items } = await cairn.json<Page<Document>>('docs list')
    const { content, ...document } = await cairn.json<DocumentWithChunks>('docs show tea.md')
    expect(document).toEqual(items.find(({ path }) => path === 'tea.md'))
    const { namespace, root, path } = document
    const { hits } = await cairn.json<SearchResult>('search pots --kind document')
    const places = content.map(({ heading, lines, chunk }) => ({ namespace, root, path, heading, lines, chunk }))
    expect(places.map(({ chunk }) => chunk)).toEqual([0, 1])
    expect(hits.map(({ ref }) => ref)).toEqual([places[1]])
    for (const label of ['changed', 'synced', 'namespace'])
      expect((await cairn('docs show tea.md')).stdout).toMatch(new RegExp(`^${label} `, 'm'))
  })

  it('lists, shows and removes documents, by any of their names', async () => {
    await cairn('docs sync docs')
    const { items } = await cairn.json<Page<Document>>('docs list')
    expect(items.map(({ path, title, chunks }) => [path, title, chunks])).toEqual([
      ['sub/cups.md', 'cups', 1],
      ['tea.md', 'Tea', 2],
    ])
    expect((await cairn('docs list')).stdout).toMatch(
      /^path +title +chunks .*\nsub\/cups\.md +cups +1 .*\ntea\.md +Tea +2/,
    )
    const { stdout } = await cairn('docs show tea.md')
    expect(stdout).toMatch(/title +Tea\n/)
    expect(stdout).toMatch(/metadata +\{"tag":"hot"\}\n/)
    expect(stdout).toContain('Tea > Pots lines 8-10, ')
    for (const name of [join(cairn.path('docs'), 'tea.md'), items[1]?.id ?? ''])
      expect((await cairn.json<DocumentWithChunks>(['docs', 'show', name])).path).toBe('tea.md')
    const none = await cairn('docs show none.md')
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('No document none.md is indexed.')])
    expect((await cairn('docs remove tea.md')).stdout).toBe('Removed 1 document from the index.\n')
    expect(await cairn.json(['docs', 'remove', cairn.path('docs')])).toEqual({ removed: 1 })
    const unknown = await cairn('docs remove nosuch')
    expect(unknown).toMatchObject({ code: 1, stdout: '', stderr: none.stderr.replaceAll('none.md', 'nosuch') })
    mkdirSync(cairn.path('empty'))
    await cairn('docs sync empty')
    expect(await cairn.json(['docs', 'remove', cairn.path('empty')])).toEqual({ removed: 0 })
    expect((await cairn('docs list')).stderr).toBe('no documents\n')
    expect((await cairn('docs status')).stderr).toBe('no folders\n')
  })

  it('tells documents of one name apart, and removes and shows nothing by a name that several documents have, and says how to name one', async () => {
    for (const folder of ['one', 'two']) {
      mkdirSync(cairn.path(folder))
      writeFileSync(cairn.path(`${folder}/README.md`), `About ${folder}.`)
    }
    writeFileSync(cairn.path('one/only.md'), 'About the only one.')
    await cairn('docs sync one two')
    const onDisk = ['one', 'two'].map((folder) => join(realpathSync(cairn.path(folder)), 'README.md'))
    const listed = (await cairn('docs list', { columns: 300 })).stdout
    const found = (await cairn('search about', { columns: 300 })).stdout
    for (const path of onDisk)
      expect([listed, found]).toEqual([expect.stringContaining(path), expect.stringContaining(`${path}:1`)])
    expect([listed, found]).toEqual([expect.stringMatching(/^only\.md /m), expect.stringContaining('  only.md:1')])
    for (const command of ['docs remove', 'docs show', 'similar document']) {
      const { code, stdout, stderr } = await cairn(`${command} README.md`)
      expect([code, stdout]).toEqual([2, ''])
      for (const path of onDisk) expect(stderr).toContain(path)
      expect(stderr).toContain('\nhint: Name one by its whole path, or by the id in brackets.\n')
    }
    expect(await cairn.json(['docs', 'remove', cairn.path('one')])).toEqual({ removed: 2 })
    expect((await cairn.json<Page<Document>>('docs list')).items).toMatchObject([
      { root: realpathSync(cairn.path('two')) },
    ])
  })

  it('asks for nothing that a principal may not do, so that the trail has no refusal', async () => {
    const { code } = await cairn('docs sync docs --as project=apollo,grant=project:write')
    expect(code).toBe(0)
    const { items } = await cairn.json<Page<{ outcome: string }>>('audit')
    expect(items.filter(({ outcome }) => outcome === 'forbidden')).toEqual([])
  })

  it('tells the same document in two namespaces apart', async () => {
    await cairn('docs sync docs --namespace user:alice')
    await cairn('docs sync docs --namespace user:bob')
    const path = join(realpathSync(cairn.path('docs')), 'tea.md')
    for (const namespace of ['user:alice', 'user:bob']) {
      expect((await cairn('docs list', { columns: 60 })).stdout).toContain(`tea.md in ${namespace}`)
      expect((await cairn('search pots', { columns: 300 })).stdout).toContain(`tea.md:8-10 in ${namespace} Tea`)
    }
    const refused = await cairn(['docs', 'remove', path])
    expect(refused.stderr).toContain('hint: Name one by its namespace beside its whole path, or by the id in brackets.')
    expect(await cairn.json(['docs', 'remove', path, '--namespace', 'user:bob'])).toEqual({ removed: 1 })
  })

  it('shows the folders and what is wrong with them', async () => {
    await cairn('docs sync docs')
    expect((await cairn('docs status')).stdout).toMatch(/^folder +documents .*\n\S+docs +2 /)
    for (const columns of [100, 200]) {
      const told = (await cairn('docs status', { columns })).stdout
      expect(told).toMatch(/ skipped .*\n.* 1 .*\n\n +path +why\nskipped +docs\/image\.md +binary\n$/)
    }
    rmSync(cairn.path('docs'), { recursive: true })
    const gone = await cairn('docs sync docs')
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('There is no folder')])
    const narrow = await cairn('docs status', { columns: 60 })
    expect(narrow.stdout.replaceAll('\n', ' ')).toContain('docs: the folder is not there')
    expect(await cairn.json('docs status')).toMatchObject({ items: [{ documents: 2 }] })
    expect((await cairn('docs list --failed')).stderr).toBe('no documents\n')
  })

  it('refuses what it must, with the exit codes of all commands', async () => {
    expect((await cairn('docs sync')).code).toBe(2)
    expect((await cairn('docs sync docs/tea.md')).code).toBe(2)
    expect((await cairn('docs sync docs --namespace nowhere')).code).toBe(2)
    const glob = await cairn(['docs', 'sync', 'docs', '--exclude', '['])
    expect(glob).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/exclude has "\[", which is no glob\.\nhint: /),
    })
    expect((await cairn('docs sync docs --as user=alice')).code).toBe(3)
    expect((await cairn('docs sync docs --as user=alice --namespace user:alice')).code).toBe(0)
  })
})
