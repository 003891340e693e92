import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseEmbedder } from '../../src/embeddings/choose.js'
import type { SearchHit } from '../../src/search/search-service.js'
import { embeddingServer } from '../helpers/embedding-server.js'
import { refusal } from '../helpers/refusal.js'
import { count } from '../robustness/inspect.js'
import { openStore, type TestStore } from '../store.js'
import { meaningOf, modelOfSubjects, subjects } from './subjects.js'

const modes = ['hybrid', 'semantic'] as const
const scoresOf = (hits: SearchHit[]): number[] => hits.map(({ score }) => score)
const nameOf = (hit: SearchHit | undefined): string | undefined =>
  hit?.kind === 'document' ? hit.ref.path : hit?.kind === 'memory' ? hit.ref.key : undefined

async function openWithModel(pages: Record<string, string>) {
  const server = await modelOfSubjects()
  const store = await openStore({ embedder: { provider: 'ollama', url: server.url }, background: false })
  const folder = join(store.folder, 'pages')
  mkdirSync(folder)
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, name), text)
  await store.cairn.documents.sync(folder)
  await store.cairn.embeddings.migrate()
  await store.cairn.embeddings.run()
  return { ...store, server, folder }
}

const pageOf = ([first, second]: readonly string[], rest: string): string =>
  `# The ${first}\n\nOf a ${second}: ${rest}.\n`

/** One page for each subject, which names it by two of its three words. */
const onePageEach = (): Record<string, string> =>
  Object.fromEntries(subjects.map((words) => [`${words[0]}.md`, pageOf(words, 'what the office notes')]))

function vectorsAndChunks({ path }: TestStore): [number, number] {
  return [
    count(path, 'select count(*) from embedding_codes where code is not null'),
    count(path, 'select count(*) from document_chunks'),
  ]
}

describe('of documents about distinct subjects', () => {
  it.each(modes)('the right one is first though it shares no word, in the order of the scores (%s)', async (mode) => {
    const { cairn } = await openWithModel(onePageEach())
    for (const [first, , third] of subjects) {
      const { hits, degraded } = await cairn.search(`where did the ${third} go`, { mode })
      expect(degraded).toEqual([])
      expect(nameOf(hits[0])).toBe(`${first}.md`)
      expect(scoresOf(hits)).toEqual(scoresOf(hits).sort((a, b) => b - a))
    }
  })

  it.each(modes)('a filter leaves as many as are wanted, however many others are nearer (%s)', async (mode) => {
    const { cairn } = await openWithModel({})
    const near = Array.from({ length: 400 }, (_, index) => `A sedan, number ${index}`)
    const far = Array.from({ length: 12 }, (_, index) => `The vehicle of the harbour and its long day, ${index}`)
    const type = 'semantic' as const
    await cairn.memories.addMany(near.map((value, i) => ({ namespace: 'user:bob', key: `b${i}`, value, type })))
    await cairn.memories.addMany(far.map((value, i) => ({ namespace: 'user:alice', key: `a${i}`, value, type })))
    const episodes = far.map((value, i) => ({ namespace: 'user:bob', key: `e${i}`, value, type: 'episodic' as const }))
    await cairn.memories.addMany(episodes)
    await cairn.embeddings.run()
    const found = async (options: object) =>
      (await cairn.search('sedan', { mode, limit: 10, duplicates: true, ...options })).hits.map(nameOf)
    expect((await found({})).every((key) => key?.startsWith('b'))).toBe(true)
    for (const [options, letter] of [
      [{ namespaces: ['user:alice'] }, 'a'],
      [{ types: ['episodic'] }, 'e'],
    ] as const) {
      const keys = await found(options)
      expect(keys).toHaveLength(10)
      expect(keys.every((key) => key?.startsWith(letter))).toBe(true)
    }
  })
})

describe('of 200 documents', () => {
  it('ten that answer alike are all found without a word of the question, though none stands out from the others', async () => {
    const pages = subjects.flatMap((words) =>
      Array.from({ length: 10 }, (_, index) => [`${words[0]}-${index}.md`, pageOf(words, `note${index}`)] as const),
    )
    const { cairn } = await openWithModel(Object.fromEntries(pages))
    const { hits } = await cairn.search('toddler', { mode: 'hybrid', limit: 10, duplicates: true })
    expect(hits.map((hit) => nameOf(hit)?.split('-')[0])).toEqual(Array(10).fill('infant'))
    expect((await cairn.search('toddler', { threshold: 0.2 })).hits).toEqual([])
  })
})

describe('what can have no meaning', () => {
  it('is refused: a vector of another length, of which nothing is stored', async () => {
    const { cairn, path, server } = await openWithModel({})
    await cairn.memories.add({ namespace: 'user:alice', key: 'k', value: 'a sedan', type: 'semantic' })
    server.misbehave = ({ body }) => ({ vectors: () => (body.input ?? []).map((text) => meaningOf(text, 384)) })
    const { message } = await refusal(cairn.embeddings.run(), 'embedding_unavailable')
    expect(message).toContain('384 dimensions instead of 768')
    expect(count(path, 'select count(*) from embedding_codes')).toBe(0)
    expect((await cairn.embeddings.status()).spaces).toMatchObject([{ vectors: 0, waiting: 1, failed: 0 }])
    const { hits, degraded } = await cairn.search('sedan')
    expect(hits.map(nameOf)).toEqual(['k'])
    expect(degraded).toEqual([expect.stringContaining('384 dimensions instead of 768')])
  })

  it('is refused: an empty text, and the server is not asked', async () => {
    const server = await embeddingServer()
    const { embedder } = await chooseEmbedder({ provider: 'ollama', url: server.url })
    for (const text of ['', '  \n'])
      for (const kind of ['document', 'query'] as const)
        await refusal(embedder?.embed(['a sedan', text], { kind }) ?? Promise.resolve(), 'invalid_input')
    expect(server.seen).toEqual([])
  })

  it('is no question, which the answer says', async () => {
    const { cairn } = await openWithModel({ 'a.md': '# Sedan\n' })
    for (const text of ['', ' \n'])
      expect(await cairn.search(text)).toMatchObject({ hits: [], degraded: ['vector: the question has no words'] })
  })
})

describe('a document that is edited', () => {
  it('is found by what it says now, and by nothing that it said', async () => {
    const before = '# Cars\n\nA sedan.\n\n## Food\n\nA broth.\n\n## Water\n\nThe ocean.\n'
    const store = await openWithModel({ ...onePageEach(), 'page.md': before })
    const { cairn, folder } = store
    const found = async (question: string) =>
      (await cairn.search(question, { mode: 'semantic', limit: 2, perDocument: 9 })).hits.map(nameOf)
    for (const word of ['vehicle', 'stew', 'tide']) expect(await found(word)).toContain('page.md')
    writeFileSync(join(folder, 'page.md'), '# Family\n\nAn infant.\n\n## Grief\n\nA sorrow.\n')
    expect(await cairn.documents.sync(folder)).toMatchObject({ changed: 1, unchanged: subjects.length })
    await cairn.embeddings.run()
    for (const word of ['vehicle', 'stew', 'tide']) expect(await found(word)).not.toContain('page.md')
    for (const word of ['toddler', 'mourning']) expect(await found(word)).toContain('page.md')
    const [vectors, chunks] = vectorsAndChunks(store)
    expect([vectors, chunks]).toEqual([chunks, subjects.length + 2])
  })
})

describe('when the server is down', () => {
  it('words find what they name, and the answer says why', async () => {
    const { cairn, folder, server } = await openWithModel(onePageEach())
    await server.close()
    writeFileSync(join(folder, 'new.md'), pageOf(['lighthouse', 'beacon'], 'it stands on the pier'))
    await cairn.documents.sync(folder)
    const isAway = [expect.stringMatching(/^vector: .*127\.0\.0\.1/)]
    const { hits, degraded } = await cairn.search('the lighthouse')
    expect([nameOf(hits[0]), degraded]).toEqual(['new.md', isAway])
    expect(await cairn.search('the lighthouse', { mode: 'semantic' })).toMatchObject({
      hits: [],
      degraded: isAway,
    })
    expect((await cairn.search('the lighthouse', { mode: 'lexical' })).degraded).toEqual([])
    expect((await cairn.embeddings.status()).spaces).toMatchObject([{ vectors: subjects.length, waiting: 1 }])
  })
})

describe('a thousand documents', () => {
  it('and twenty questions: the one that is meant is first, and its subject before all others', async () => {
    const places = Array.from({ length: 50 }, (_, index) => `place${index}`)
    const pages = subjects.flatMap((words) =>
      places.map(
        (place) =>
          [
            `${words[0]}-${place}.md`,
            `# The ${words[0]} of ${place}\n\nOf a ${words[1]} near ${place}: what was seen.\n`,
          ] as const,
      ),
    )
    const { cairn, path } = await openWithModel(Object.fromEntries(pages))
    expect(count(path, 'select count(*) from documents')).toBe(1_000)
    expect(count(path, 'select count(*) from embedding_vectors')).toBe(1_000)
    for (const [index, [first, , third]] of subjects.entries()) {
      const place = places[index]
      const { hits, degraded } = await cairn.search(`the ${third} at ${place}`, { limit: 20 })
      expect(degraded).toEqual([])
      expect(nameOf(hits[0])).toBe(`${first}-${place}.md`)
      const near = await cairn.search(third, { mode: 'semantic', limit: 20 })
      expect(near.hits).toHaveLength(20)
      expect(near.hits.every((hit) => nameOf(hit)?.startsWith(`${first}-`))).toBe(true)
      expect(scoresOf(near.hits)).toEqual(scoresOf(near.hits).sort((a, b) => b - a))
    }
  })
})
