import { describe, expect, it } from 'vitest'
import { type EmbeddingServer, embeddingServer, type Misbehaviour } from '../helpers/embedding-server.js'
import { refusal } from '../helpers/refusal.js'
import { count, peek } from '../robustness/inspect.js'
import { openStore, type TestStore } from '../store.js'
import { fakeEmbedder } from './fake-embedder.js'

const dimensions = 8

async function openWith(server: EmbeddingServer): Promise<TestStore> {
  const embedder = { provider: 'ollama', model: 'pebble', url: server.url, dimensions } as const
  const store = await openStore({ embedder, background: false })
  await store.cairn.embeddings.migrate()
  return store
}

const aServer = () => embeddingServer({ dimensions, models: ['pebble'] })
const remember = ({ cairn }: TestStore, values: Record<string, unknown>) =>
  cairn.memories.addMany(
    Object.entries(values).map(([key, value]) => ({ namespace: 'user:alice', key, value, type: 'semantic' as const })),
  )
const progress = async ({ cairn }: TestStore) => (await cairn.embeddings.status()).spaces[0]

/** Of all that is stored: of which things, and whether each vector is one of length 1. */
function stored({ path }: TestStore): { keys: unknown[]; areUnitVectors: boolean } {
  expect(count(path, 'select count(*) from embedding_codes')).toBe(
    count(path, 'select count(*) from embedding_vectors'),
  )
  const rows = peek(path, (db) =>
    db
      .prepare<[], { key: string; vector: Buffer }>(
        `select m.key, v.vector from embedding_vectors v join embedding_codes c using (change_seq)
         join search_items i on i.id = c.item join memory_entries m on m.id = i.ref order by m.key`,
      )
      .all(),
  )
  const isUnit = ({ vector }: { vector: Buffer }): boolean => {
    const numbers = Array.from({ length: vector.length / 4 }, (_, index) => vector.readFloatLE(index * 4))
    return numbers.length === dimensions && Math.abs(Math.hypot(...numbers) - 1) < 1e-5
  }
  return { keys: rows.map(({ key }) => key), areUnitVectors: rows.every(isUnit) }
}

const nothing = { keys: [], areUnitVectors: true }

const wrong: [string, (vector: number[]) => unknown][] = [
  ['one dimension less', (vector) => vector.slice(1)],
  ['one dimension more', (vector) => [...vector, 0.5]],
  ['no numbers', () => []],
  ['null, which JSON has for NaN', ([, ...rest]) => [null, ...rest]],
  ['nothing but zeros', (vector) => vector.map(() => 0)],
  ['words', (vector) => vector.map(String)],
  ['no list', () => 'abcdefgh'],
]

describe('a server whose vectors have', () => {
  it.each(wrong)('%s fills no store, and loses no job', async (_what, spoil) => {
    const server = await aServer()
    const store = await openWith(server)
    await remember(store, { a: 'a', b: 'b' })
    server.misbehave = () => ({ vectors: (right) => right.map(spoil) })
    await refusal(store.cairn.embeddings.run(), 'embedding_unavailable')
    expect(stored(store)).toEqual(nothing)
    expect(await progress(store)).toMatchObject({ vectors: 0, waiting: 2, failed: 0 })
    expect(await store.cairn.search('a')).toMatchObject({
      hits: [{ ref: { key: 'a' } }],
      degraded: [expect.stringMatching(/^vector: /)],
    })
  })

  it.each(wrong.slice(3, 5))('%s for one text alone has that one named, and fills the rest', async (_what, spoil) => {
    const server = await aServer()
    const store = await openWith(server)
    await remember(store, { a: 'a', bad: 'bad', c: 'c' })
    server.misbehave = ({ body }) => ({
      vectors: (right) => right.map((vector, index) => (body.input?.[index]?.includes('bad') ? spoil(vector) : vector)),
    })
    await store.cairn.embeddings.run()
    expect(stored(store)).toEqual({ keys: ['a', 'c'], areUnitVectors: true })
    expect(await progress(store)).toMatchObject({ waiting: 0, failed: 1, failures: [{ attempts: 1 }] })
    server.misbehave = undefined
    expect(await store.cairn.embeddings.retry('ollama/pebble/8')).toBe(1)
    await store.cairn.embeddings.run()
    expect(stored(store)).toEqual({ keys: ['a', 'bad', 'c'], areUnitVectors: true })
  })
})

describe('an embedder of the caller that answers', () => {
  it.each<[string, () => Float32Array[]]>([
    ['another length', () => [new Float32Array(dimensions + 1).fill(0.3)]],
    ['NaN', () => [new Float32Array(dimensions).fill(Number.NaN)]],
    ['zeros', () => [new Float32Array(dimensions)]],
  ])('%s fills no store', async (_what, answer) => {
    const embedder = fakeEmbedder({ dimensions })
    const store = await openStore({ embedder, background: false })
    await store.cairn.embeddings.migrate()
    await remember(store, { a: 'a' })
    embedder.answer = async () => answer()
    await refusal(store.cairn.embeddings.run(), 'embedding_unavailable')
    expect(stored(store)).toEqual(nothing)
    expect(await progress(store)).toMatchObject({ waiting: 1, failed: 0 })
  })

  it('vectors of another length than 1 has them brought to it', async () => {
    const embedder = fakeEmbedder({ dimensions })
    const store = await openStore({ embedder, background: false })
    await store.cairn.embeddings.migrate()
    await remember(store, { a: 'a', b: 'b' })
    embedder.answer = async (texts) => texts.map((_text, index) => new Float32Array(dimensions).fill(index + 3))
    await store.cairn.embeddings.run()
    expect(stored(store)).toEqual({ keys: ['a', 'b'], areUnitVectors: true })
  })
})

describe('a text', () => {
  it('that is empty, or none, is no job and has no vector', async () => {
    const server = await aServer()
    const store = await openWith(server)
    await remember(store, { empty: '', blank: ' \n\t', number: 3, list: [], object: { text: '' }, real: 'tea' })
    await store.cairn.sessions.create({ id: 's', app: 'shop', user: 'alice' })
    await store.cairn.sessions.appendEvent('s', { type: 'message', actor: 'user', content: { text: '' } })
    await store.cairn.embeddings.run()
    expect(server.asked.slice(1).map(({ body }) => body.input)).toEqual([['real: tea']])
    expect(stored(store)).toEqual({ keys: ['real'], areUnitVectors: true })
    expect(await progress(store)).toMatchObject({ vectors: 1, waiting: 0, failed: 0 })
  })

  it('over the limit of the model is cut, and so has a vector', async () => {
    const server = await embeddingServer({ dimensions: 384, models: ['all-minilm'] })
    const embedder = { provider: 'ollama', model: 'all-minilm', url: server.url } as const
    const store = await openStore({ embedder, background: false })
    await store.cairn.embeddings.migrate()
    await remember(store, { long: 'a word and another '.repeat(10_000) })
    await store.cairn.embeddings.run()
    const sent = server.asked.at(-1)?.body.input?.[0] ?? ''
    expect(sent.length).toBeGreaterThan(500)
    expect(sent.length).toBeLessThan(256 * 6)
    expect(await progress(store)).toMatchObject({ vectors: 1, waiting: 0, failed: 0 })
  })

  it.each<[string, number, object]>([
    ['that the server finds too long is halved until it takes it', 2_000, { vectors: 2, failed: 0 }],
    ['that it never takes is marked as failed, with the reason', 0, { vectors: 1, failed: 1 }],
  ])('%s', async (_what, longest, outcome) => {
    const server = await aServer()
    const store = await openWith(server)
    await remember(store, { short: 'tea', long: 'x y '.repeat(3_000) })
    const tooLong: Misbehaviour = { status: 400, body: { error: 'the input length exceeds the context length' } }
    server.misbehave = ({ body }) => {
      const isLong = body.input?.some((text) => text.includes('x y') && text.length > longest)
      return isLong ? tooLong : undefined
    }
    await store.cairn.embeddings.run()
    expect(await progress(store)).toMatchObject({ waiting: 0, ...outcome })
    expect(stored(store).areUnitVectors).toBe(true)
    const { failures } = (await progress(store)) ?? {}
    for (const { error } of failures ?? []) expect(error).toContain('exceeds the context length')
  })
})
