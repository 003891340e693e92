import { renameSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { SearchOptions } from '../../src/search/search-inputs.js'
import { type FakeEmbedder, fakeEmbedder } from '../embeddings/fake-embedder.js'
import { expectSound } from '../robustness/inspect.js'
import { openStore, withStore } from '../store.js'
import { makeDocuments, write } from './folders.js'

const section = (name: string): string => `## ${name}\n\nAll there is about ${name.toLowerCase()}.\n`
const page = (...names: string[]): string => `# Guide\n\n${names.map(section).join('\n')}`

/** A store with vectors of a folder, and what its model was asked since. */
async function embedded(files: Record<string, string>) {
  const embedder = fakeEmbedder()
  const { cairn, path } = await openStore({ embedder, background: false })
  const folder = makeDocuments(files)
  await cairn.documents.sync(folder)
  await cairn.embeddings.migrate()
  await cairn.embeddings.run()
  embedder.asked.length = 0
  return { cairn, path, folder, embedder }
}

type Embedded = Awaited<ReturnType<typeof embedded>>

function move(folder: string, from: string, to: string): void {
  renameSync(join(folder, from), join(folder, to))
}

const space = async (cairn: Cairn) => (await cairn.embeddings.status()).spaces[0]

/** What the model is asked after a change of the folder. */
async function embeddedBy({ cairn, folder, embedder }: Embedded, files: Record<string, string> = {}) {
  write(folder, files)
  embedder.asked.length = 0
  await cairn.documents.sync(folder)
  await cairn.embeddings.run()
  expect(await space(cairn)).toMatchObject({ waiting: 0, failed: 0 })
  return embedder.asked.flat().sort()
}

const found = async (cairn: Cairn, text: string, options: SearchOptions = {}) =>
  (await cairn.search(text, { mode: 'lexical', duplicates: true, ...options })).hits.map(({ ref }) =>
    'path' in ref ? [ref.path, ref.heading, ref.lines] : [],
  )
const content = async (cairn: Cairn, path: string) =>
  (await cairn.documents.get(path))?.content?.map(({ heading, lines }) => [heading, ...lines])

describe('sections that stay as they are', () => {
  it('are not embedded anew when their file is renamed, and are found by its new name alone', async () => {
    const store = await embedded({ 'harbour.md': page('Tea', 'Pots', 'Cups') })
    const { cairn, folder } = store
    move(folder, 'harbour.md', 'lighthouse.md')
    expect(await embeddedBy(store)).toEqual([])
    expect((await found(cairn, 'lighthouse')).map(([path]) => path)).toEqual(['lighthouse.md'])
    expect(await found(cairn, 'harbour')).toEqual([])
    expect(await found(cairn, 'pots')).toEqual([['lighthouse.md', 'Guide > Pots', [7, 9]]])
    expect(await space(cairn)).toMatchObject({ vectors: 3 })
    expectSound(store.path)
  })

  it('keep their vectors when the file is renamed while the model is away', async () => {
    const { cairn, folder } = await embedded({ 'a.md': page('Tea', 'Pots') })
    move(folder, 'a.md', 'b.md')
    await cairn.documents.sync(folder)
    expect(await space(cairn)).toMatchObject({ vectors: 2, waiting: 0 })
  })

  it('go on waiting for their vectors when they wait, and each is embedded once', async () => {
    const store = await embedded({ 'a.md': page('Tea') })
    const { cairn, folder } = store
    write(folder, { 'b.md': page('Pots', 'Cups') })
    await cairn.documents.sync(folder)
    move(folder, 'b.md', 'c.md')
    await cairn.documents.sync(folder)
    expect(await space(cairn)).toMatchObject({ vectors: 1, waiting: 2 })
    expect(await embeddedBy(store)).toHaveLength(2)
  })

  it('are not embedded anew when another section changes, comes or goes', async () => {
    const store = await embedded({ 'a.md': page('Tea', 'Pots', 'Cups') })
    const { cairn } = store
    const changed = page('Tea', 'Pots', 'Cups').replace('about pots', 'about iron')
    expect(await embeddedBy(store, { 'a.md': changed })).toEqual([expect.stringContaining('about iron')])
    expect([await found(cairn, 'iron'), await found(cairn, 'cups')]).toEqual([
      [['a.md', 'Guide > Pots', [7, 9]]],
      [['a.md', 'Guide > Cups', [11, 13]]],
    ])
    const withIntro = changed.replace('# Guide\n', '# Guide\n\nAn intro.\n')
    expect(await embeddedBy(store, { 'a.md': withIntro })).toEqual([
      // A heading with nothing of its own had been a part of the first section.
      expect.stringContaining('An intro.'),
      expect.stringContaining('about tea'),
    ])
    expect(await embeddedBy(store, { 'a.md': withIntro.replace('An intro', 'A foreword') })).toHaveLength(1)
    const shorter = withIntro.replace('An intro', 'A foreword').replace(section('Cups'), '')
    expect(await embeddedBy(store, { 'a.md': shorter })).toEqual([])
    expect(await found(cairn, 'cups')).toEqual([])
    expect(await space(cairn)).toMatchObject({ vectors: 3 })
  })

  it('are not embedded anew when they change places, and stand where they stand now', async () => {
    const body = (...names: string[]) => `# Guide\n\nFirst.\n\n${names.map(section).join('\n')}`
    const store = await embedded({ 'a.md': body('Tea', 'Pots', 'Cups') })
    const { cairn } = store
    expect(await embeddedBy(store, { 'a.md': body('Cups', 'Tea', 'Pots') })).toEqual([])
    expect(await content(cairn, 'a.md')).toEqual([
      ['Guide', 1, 3],
      ['Guide > Cups', 5, 7],
      ['Guide > Tea', 9, 11],
      ['Guide > Pots', 13, 15],
    ])
    expect(await found(cairn, 'tea')).toEqual([['a.md', 'Guide > Tea', [9, 11]]])
    expectSound(store.path)
  })

  it('keep their vectors though they stand there twice, each its own', async () => {
    const body = (...names: string[]) => `# Guide\n\nFirst.\n\n${names.map(section).join('\n')}`
    const store = await embedded({ 'a.md': body('Tea', 'Tea') })
    const { cairn } = store
    expect(await space(cairn)).toMatchObject({ vectors: 3 })
    expect(await embeddedBy(store, { 'a.md': body('Tea', 'Pots', 'Tea') })).toHaveLength(1)
    expect(await space(cairn)).toMatchObject({ vectors: 4 })
    expect(await embeddedBy(store, { 'a.md': body('Tea', 'Pots') })).toEqual([])
    expect(await embeddedBy(store, { 'a.md': body('Tea', 'Tea', 'Tea', 'Pots') })).toEqual([])
    expect(await space(cairn)).toMatchObject({ vectors: 5 })
  })

  it('are embedded with another title only where that is their heading', async () => {
    const body = (title: string) => `---\ntitle: ${title}\n---\nBefore all headings.\n\n${section('Tea')}`
    const store = await embedded({ 'a.md': body('Drinks') })
    expect(await embeddedBy(store, { 'a.md': body('Beverages') })).toEqual(['Beverages\nBefore all headings.'])
    expect(await found(store.cairn, 'drinks')).toEqual([])
    expect(await found(store.cairn, 'beverages')).toHaveLength(1)
  })

  it('have the words of the front matter and the time that the file has now', async () => {
    const store = await embedded({ 'a.md': `---\ntags: [sailing]\n---\n${page('Tea', 'Pots')}` })
    const { cairn, folder } = store
    write(folder, { 'a.md': `---\ntags: [rowing]\n---\n${page('Tea', 'Pots')}` })
    const time = new Date('2025-06-01')
    utimesSync(join(folder, 'a.md'), time, time)
    expect(await embeddedBy(store)).toEqual([])
    expect([await found(cairn, 'sailing'), (await found(cairn, 'rowing')).length]).toEqual([[], 1])
    const inTime = await cairn.search('pots', { mode: 'semantic', from: '2025-05-01', to: '2025-07-01' })
    expect(inTime.hits).toHaveLength(1)
  })

  it('are found by meaning where they stand now, also by a process that knew them before', async () => {
    const { cairn, path, folder, embedder } = await embedded({ 'a.md': page('Tea', 'Pots') })
    const other = await openStore({ db: path, embedder, background: false })
    const nearest = async (of: Cairn) => {
      const [hit] = (await of.search(`Guide > Pots\n${section('Pots').trim()}`, { mode: 'semantic' })).hits
      return hit && 'path' in hit.ref && [hit.ref.path, hit.ref.lines]
    }
    expect(await nearest(other.cairn)).toEqual(['a.md', [7, 9]])
    rmSync(join(folder, 'a.md'))
    write(folder, { 'b.md': page('Tea', 'Pots') })
    await cairn.documents.sync(folder)
    expect([await nearest(cairn), await nearest(other.cairn)]).toEqual(Array(2).fill(['b.md', [7, 9]]))
  })
})

const paths = ['harbour.md', 'lighthouse.md', 'sub/pier.md']
const sections = ['Tea', 'Pots', 'Cups', 'Trays', 'Spoons'].map((name) => section(name).trim())
/** Pages that have much in common. */
const anyPage = fc
  .record({
    title: fc.constantFrom('', 'Drinks', 'Things'),
    tag: fc.constantFrom('', 'sailing', 'rowing'),
    top: fc.constantFrom('# Guide', '# Guide\n\nAn intro.', '# Guide\n\nAn intro.', 'Before all headings.'),
    body: fc.shuffledSubarray([...sections, ...sections], { maxLength: 6 }),
  })
  .map(({ title, tag, top, body }) => {
    const fields = [title && `title: ${title}`, tag && `tags: [${tag}]`].filter((field) => field !== '')
    const front = fields.length === 0 ? '' : `---\n${fields.join('\n')}\n---\n`
    return `${front}${[top, ...body].join('\n\n')}`
  })
const aPath = fc.constantFrom(...paths)
const anEdit = fc.oneof(
  { arbitrary: fc.record({ path: aPath, text: anyPage }), weight: 3 },
  fc.record({ path: aPath, to: aPath }),
  fc.record({ path: aPath, gone: fc.constant(true) }),
)
type Edit = { path: string; text?: string; to?: string; gone?: boolean }

function edit(files: Map<string, string>, { path, text, to }: Edit): void {
  const before = files.get(path)
  if (text === undefined) files.delete(path)
  if (text !== undefined) files.set(path, text)
  if (to !== undefined && before !== undefined) files.set(to, before)
}

/** Equal texts have equal times, since a file of which the time alone has changed is not indexed anew. */
function lay(folder: string, files: Map<string, string>): void {
  for (const path of paths) rmSync(join(folder, path), { force: true })
  for (const [path, text] of files) {
    write(folder, { [path]: text })
    const time = new Date(Date.UTC(2026, 0, text.length))
    utimesSync(join(folder, path), time, time)
  }
}

/** All that a store holds of documents: chunks, items, words of the index, and hashes of what is embedded. */
function stateOf(path: string): unknown[] {
  const db = new Database(path)
  try {
    db.exec(`create virtual table temp.words using fts5vocab ('main', 'search_text', 'instance')`)
    const of = `from documents d
      join document_chunks c on c.document_id = d.id
      left join search_items i on i.kind = 'document' and i.ref = c.id`
    const read = (query: string) => db.prepare(query).raw().all()
    return [
      read(`select d.path, d.title, d.chunks, d.metadata, c.position, c.heading, c.line_from, c.line_to, c.tokens, c.text,
          i.namespace, i.owner, i.type, i.time, i.text_version ${of} order by 1, 5`),
      read(
        `select d.path, c.position, w.col, w.offset, w.term ${of} join temp.words w on w.doc = i.id order by 1, 2, 3, 4`,
      ),
      read(`select d.path, c.position, hex(e.text_hash), hex(v.vector) ${of} join embedding_codes e on e.item = i.id
          join embedding_vectors v on v.change_seq = e.change_seq order by 1, 2`),
      read('select count(*) from search_items'),
      read('select count(*) from embedding_codes where code is not null'),
      read('select count(*) from embedding_jobs'),
    ]
  } finally {
    db.close()
  }
}

async function embedAll(cairn: Cairn, folder: string): Promise<void> {
  await cairn.documents.sync(folder)
  if ((await space(cairn)) === undefined) await cairn.embeddings.migrate()
  await cairn.embeddings.run()
}

const all = { perDocument: 50, limit: 100 }

/**
 * All sections, in an order of their own: of two that are found equally well, that goes first which came last. Scores have
 * the number of the newest item in them, which tells how often things changed.
 */
async function answers(cairn: Cairn): Promise<unknown[]> {
  const words = [
    'tea',
    'pots',
    'cups',
    'trays',
    'spoons',
    'intro',
    'harbour',
    'lighthouse',
    'pier',
    'sailing',
    'drinks',
  ]
  return Promise.all(words.map(async (word) => (await found(cairn, word, all)).sort()))
}

it('any edits of a folder leave what a first sync of it makes', { timeout: 60_000 }, async () => {
  const options = () => ({ embedder: fakeEmbedder() as FakeEmbedder, background: false as const })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anEdit, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 6, size: 'max' }),
      async (rounds) => {
        const folder = makeDocuments({ 'other.md': 'Another page.' })
        const files = new Map<string, string>()
        await withStore(async ({ cairn, path }) => {
          for (const edits of rounds) {
            for (const one of edits as Edit[]) edit(files, one)
            lay(folder, files)
            await embedAll(cairn, folder)
          }
          await embedAll(cairn, folder)
          const [state, answered] = [stateOf(path), await answers(cairn)]
          expectSound(path)
          await withStore(async (fresh) => {
            await embedAll(fresh.cairn, folder)
            expect(state).toEqual(stateOf(fresh.path))
            expect(answered).toEqual(await answers(fresh.cairn))
          }, options())
        }, options())
      },
    ),
    { numRuns: 40 },
  )
})
