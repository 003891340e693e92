import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SearchHit } from '../../src/search/search-service.js'
import { openSqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js'
import { makeDocuments } from '../documents/folders.js'
import { fakeEmbedder, vectorOf } from '../embeddings/fake-embedder.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const asIs = { create: false, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const

const dimensions = 64
const concepts: string[][] = [
  ['car', 'sedan', 'vehicle'],
  ['soup', 'broth', 'stew'],
  ['sea', 'ocean'],
]

/** Words of one concept are one direction; what else a text says is noise of its own. */
function meaningOf(text: string): Float32Array {
  const words: string[] = text.toLowerCase().match(/[a-z]+/g) ?? []
  const noise = vectorOf(text, dimensions)
  for (const [axis, names] of concepts.entries()) {
    if (names.some((name) => words.includes(name))) noise[axis] = (noise[axis] ?? 0) + 2
  }
  const length = Math.hypot(...noise)
  return noise.map((value) => value / length)
}

function meaningful() {
  const embedder = fakeEmbedder({ dimensions, batchSize: 50 })
  embedder.answer = async (texts) => texts.map(meaningOf)
  return embedder
}

/** 200 memories about nothing, and those that are given; all with vectors. */
async function openFilled(values: Record<string, string>) {
  const embedder = meaningful()
  const store = await openStore({ embedder, background: false })
  const { cairn } = store
  const noise = Array.from({ length: 200 }, (_, index) => [`n${index}`, `note number ${index} of the office`] as const)
  const entries = [...noise, ...Object.entries(values)]
  const type = 'semantic' as const
  await cairn.memories.addMany(entries.map(([key, value]) => ({ namespace: 'user:alice', key, value, type })))
  await cairn.embeddings.migrate()
  await cairn.embeddings.run()
  return { ...store, embedder }
}

const keyOf = (hit: SearchHit | undefined): string | undefined =>
  hit?.kind === 'memory' ? hit.ref.key : hit?.kind === 'document' ? hit.ref.path : hit?.ref.session

const values = { garage: 'My car is red', lunch: 'Stew at noon', wave: 'The ocean is cold' }

describe('a search by words and vectors', () => {
  it('is the default where there are vectors, and finds what shares no word', async () => {
    const { cairn } = await openFilled(values)
    const { hits, degraded } = await cairn.search('sedan')
    expect(degraded).toEqual([])
    expect(keyOf(hits[0])).toBe('garage')
    expect((await cairn.search('sedan', { mode: 'lexical' })).hits).toEqual([])
  })

  it('says of each hit what found it, and what of its score is by vectors', async () => {
    const { cairn } = await openFilled(values)
    const { hits } = await cairn.search('the red sedan', { explain: true })
    const [best] = hits
    expect(keyOf(best)).toBe('garage')
    expect(best?.explain?.retrievers.map(({ name }) => name)).toEqual(['lexical', 'vector'])
    for (const { score, explain } of hits) {
      expect(explain?.evidence.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(score, 5)
    }
    const near = best?.explain?.evidence.find(({ name }) => name === 'near')
    expect(near?.points).toBeGreaterThan(0)
    expect(near?.weight).toBeGreaterThan(0.9)
  })

  it('goes by cosines alone when it is semantic', async () => {
    const { cairn } = await openFilled(values)
    const { hits } = await cairn.search('broth', { mode: 'semantic', limit: 3, explain: true })
    expect(keyOf(hits[0])).toBe('lunch')
    const [best] = hits
    expect(best?.explain?.retrievers).toEqual([{ name: 'vector', score: expect.closeTo(best?.score ?? 0, 5) }])
  })

  it('answers a question of stop words by its meaning', async () => {
    const { cairn } = await openFilled({ ...values, odd: 'to be or not to be' })
    expect(keyOf((await cairn.search('to be or not to be')).hits[0])).toBe('odd')
  })

  it('finds nothing for signs alone, asks no model for them, and says so; an emoji is found where it is written', async () => {
    const { cairn, embedder } = await openFilled({ ...values, drive: 'A long drive 🚗' })
    const asked = embedder.asked.length
    const degraded = ['vector: the question has no words']
    for (const search of ['hybridSearch', 'semanticSearch'] as const)
      expect(await cairn[search]('??? …')).toMatchObject({ hits: [], degraded })
    expect(await cairn.semanticSearch('🚗')).toMatchObject({ hits: [], degraded })
    const { hits } = await cairn.search('🚗')
    expect(hits.map(keyOf)).toEqual(['drive'])
    expect(embedder.asked).toHaveLength(asked)
  })

  it('says when much of what the caller may find waits for its vector, and nothing of what others wait for', async () => {
    const { cairn } = await openFilled(values)
    const type = 'semantic' as const
    const add = (user: string, texts: string[]) =>
      cairn.memories.addMany(
        texts.map((value, index) => ({ namespace: `user:${user}`, key: `k${index}`, value, type })),
      )
    const alice = cairn.as({ user: 'alice' })
    const bob = cairn.as({ user: 'bob' })
    const told = async (mode: 'hybrid' | 'semantic' | 'lexical') =>
      (await Promise.all([alice, bob, cairn].map((handle) => handle.search('sedan', { mode })))).map(
        ({ degraded }) => degraded.length,
      )
    await add('bob', ['a vehicle', 'a sedan', ' ', '🙂', '-'])
    expect(await told('hybrid')).toEqual([0, 1, 0])
    await add(
      'carol',
      Array.from({ length: 40 }, (_, index) => `sedan ${index}`),
    )
    expect(await told('hybrid')).toEqual([0, 1, 1])
    expect(await told('semantic')).toEqual([0, 1, 1])
    expect(await told('lexical')).toEqual([0, 0, 0])
    expect((await bob.search('sedan')).degraded).toEqual([
      'vector: over a tenth of what may be found waits for its vector',
    ])
    await cairn.embeddings.run()
    expect(await told('hybrid')).toEqual([0, 0, 0])
  })

  it('says so from where more than a tenth of all that has or awaits a vector waits', async () => {
    const { cairn } = await openFilled(values)
    const type = 'semantic' as const
    const told = async () =>
      (await Promise.all([cairn, cairn.as({ user: 'alice' })].map((handle) => handle.search('sedan')))).map(
        ({ degraded }) => degraded.length,
      )
    // 203 have one.
    const texts = Array.from({ length: 22 }, (_, index) => `sedan ${index}`)
    const add = (keys: string[]) =>
      cairn.memories.addMany(keys.map((key) => ({ namespace: 'user:alice', key, value: key, type })))
    await add(texts)
    expect(await told()).toEqual([0, 0])
    await add(['one more'])
    expect(await told()).toEqual([1, 1])
  })

  it('pages through one order', async () => {
    const { cairn } = await openFilled(values)
    const question = 'red vehicle of the office'
    const { hits } = await cairn.search(question, { limit: 60 })
    const pages = []
    for (let offset = 0; offset < 60; offset += 20) {
      pages.push(...(await cairn.search(question, { limit: 20, offset })).hits)
    }
    expect(pages).toEqual(hits)
  })

  it('applies every filter before any limit', async () => {
    const { cairn } = await openFilled({})
    const cars = Array.from({ length: 300 }, (_, index) => `car ${index}`)
    const type = 'semantic' as const
    await cairn.memories.addMany(cars.map((value) => ({ namespace: 'user:bob', key: value, value, type })))
    await cairn.memories.add({ namespace: 'user:alice', key: 'mine', value: 'a car', type: 'episodic' })
    await cairn.memories.add({
      namespace: 'user:bob',
      key: 'his',
      value: 'a car',
      type: 'episodic',
      metadata: { x: 1 },
    })
    await cairn.embeddings.run()
    const options = [{ namespaces: ['user:alice'], limit: 1 }, { types: ['episodic' as const] }, { metadata: { x: 1 } }]
    const found = await Promise.all(options.map((each) => cairn.search('sedan', { ...each, mode: 'semantic' })))
    expect(found.map(({ hits }) => hits.map(keyOf))).toEqual([
      ['mine'],
      expect.arrayContaining(['mine', 'his']),
      ['his'],
    ])
    const both = await Promise.all(options.map((each) => cairn.search('sedan', each)))
    expect(keyOf(both[0]?.hits[0])).toBe('mine')
    expect(both[2]?.hits.map(keyOf)).toEqual(['his'])
  })

  it('follows what changes and what goes', async () => {
    const { cairn } = await openFilled(values)
    await cairn.memories.update('user:alice', 'garage', { value: 'Nothing there' })
    await cairn.memories.delete('user:alice', 'lunch')
    expect((await cairn.search('broth')).hits.map(keyOf)).not.toContain('lunch')
    await cairn.embeddings.run()
    const { hits } = await cairn.search('sedan', { mode: 'semantic', limit: 100 })
    const garage = hits.find((hit) => keyOf(hit) === 'garage')
    expect(garage?.score ?? 0).toBeLessThan(0.6)
  })

  it('by meaning alone takes any cosine as the threshold, and no other search does', async () => {
    const { cairn } = await openFilled({})
    const cosines = async (threshold: number) =>
      (await cairn.semanticSearch('sedan', { threshold, limit: 100, offset: 100 })).hits.map(({ score }) => score)
    const all = (await cairn.semanticSearch('sedan', { limit: 100, offset: 100 })).hits.map(({ score }) => score)
    const least = Math.min(...all)
    expect(least).toBeLessThan(0)
    expect(await cosines(-1)).toEqual(all)
    expect(await cosines(0)).toEqual(all.filter((score) => score >= 0))
    expect(await cosines(least / 2)).toEqual(all.filter((score) => score >= least / 2))
    for (const search of [cairn.search('sedan', { threshold: -0.5 }), cairn.hybridSearch('sedan', { threshold: -0.5 })])
      expect((await refusal(search, 'invalid_input')).message).toContain('threshold')
    await refusal(cairn.semanticSearch('sedan', { threshold: -1.1 }), 'invalid_input')
  })

  it('semanticSearch and hybridSearch take no mode', async () => {
    const { cairn } = await openFilled(values)
    for (const search of ['semanticSearch', 'hybridSearch'] as const) {
      const error = await refusal(cairn[search]('sedan', { mode: 'lexical' } as never), 'invalid_input')
      expect(error.message).toBe(`${search} goes by its own mode, and takes none.`)
    }
  })

  it('leaves out what is near by chance when a threshold says so', async () => {
    const { cairn } = await openFilled(values)
    expect((await cairn.search('sedan')).hits).toHaveLength(10)
    const { hits } = await cairn.search('sedan', { threshold: 0.9 })
    expect(hits.map(keyOf)).toEqual(['garage'])
  })

  it('folds nothing for a model to which all texts are alike, measured or not', async () => {
    const cone = vectorOf('a cone', dimensions)
    const embedder = fakeEmbedder({ dimensions, batchSize: 50 })
    embedder.answer = async (texts) =>
      texts.map((text) => {
        const vector = vectorOf(text, dimensions).map((value, axis) => 0.15 * value + (cone[axis] ?? 0))
        const length = Math.hypot(...vector)
        return vector.map((value) => value / length)
      })
    const { cairn } = await openStore({ embedder, background: false })
    const facts = ['Ann likes rivers', 'Ann fears rivers at night', 'her sister drowned in the rivers']
    const type = 'semantic' as const
    const namespace = 'user:bob'
    await cairn.memories.addMany(facts.map((value, index) => ({ namespace, key: `r${index}`, value, type })))
    await cairn.embeddings.migrate()
    await cairn.embeddings.run()
    const { hits } = await cairn.search('rivers')
    expect(hits.map(({ duplicates }) => duplicates)).toEqual([undefined, undefined, undefined])
  })

  it('folds memories that say the same in other words, unless names, numbers or a "not" differ', async () => {
    const { cairn, embedder } = await openFilled({})
    const told = [
      'Ann drinks tea in the morning',
      { text: 'Ann drinks tea in the morning', cups: 2 },
      'Ann really drinks teas in the morning',
      'Ben drinks tea in the morning',
    ]
    embedder.answer = async (texts) => texts.map((text) => meaningOf(/drinks/.test(text) ? 'tea' : text))
    const type = 'semantic' as const
    const keep = (namespace: string) =>
      cairn.memories.addMany(told.map((value, index) => ({ namespace, key: `tea-${index}`, value, type })))
    await keep('user:alice')
    await keep('user:bob')
    await cairn.embeddings.run()
    const { hits } = await cairn.search('who drinks tea?', { limit: 7 })
    const drinks = hits.filter(({ snippet }) => snippet.text.includes('drinks'))
    expect(drinks.map((hit) => [hit.kind === 'memory' && hit.ref.namespace, hit.duplicates ?? 0]).sort()).toEqual([
      ['user:alice', 0],
      ['user:alice', 0],
      ['user:alice', 1],
      ['user:bob', 0],
      ['user:bob', 0],
      ['user:bob', 1],
    ])
    const byWords = await cairn.search('who drinks tea?', { limit: 8, mode: 'lexical' })
    expect(byWords.hits.filter(({ duplicates }) => duplicates)).toEqual([])
    expect((await cairn.search('who drinks tea?', { duplicates: true })).hits.filter((hit) => hit.duplicates)).toEqual(
      [],
    )
  })

  it('folds nothing by a model that finds everything alike', async () => {
    const embedder = fakeEmbedder({ dimensions, batchSize: 50 })
    embedder.answer = async (texts) => texts.map(() => vectorOf('all the same', dimensions))
    const { cairn } = await openStore({ embedder, background: false })
    const letters = [...'abcdefghijkl'].flatMap((one) => [...'abcdefghij'].map((other) => `${one}${other}`))
    const sentence = (word: string) => `what ${word} has told them of the long way down to the old ${word} harbour`
    const type = 'semantic' as const
    await cairn.memories.addMany(letters.map((key) => ({ namespace: 'user:alice', key, value: sentence(key), type })))
    await cairn.embeddings.migrate()
    await cairn.embeddings.run()
    for (const mode of ['hybrid', 'semantic'] as const) {
      const { hits } = await cairn.search('the way to the harbour', { mode, limit: 20 })
      expect([hits.length, hits.filter((hit) => hit.duplicates)]).toEqual([20, []])
    }
  })

  it('has one hit for each document', async () => {
    const { cairn, folder } = await openFilled({})
    const pages = join(folder, 'pages')
    mkdirSync(pages)
    writeFileSync(join(pages, 'a.md'), '# Car\n\nFirst car.\n\n## More\n\nSecond car.\n')
    writeFileSync(join(pages, 'b.md'), '# Other\n\nA vehicle.\n')
    await cairn.documents.sync(pages)
    await cairn.embeddings.run()
    const { hits } = await cairn.search('sedan', { kinds: ['document'] })
    expect(hits.map(keyOf).sort()).toEqual(['a.md', 'b.md'])
  })
})

describe('without vectors, or without the model', () => {
  it('words alone are no news where there never were vectors, unless asked for', async () => {
    const { cairn } = await openStore()
    await cairn.memories.add({ namespace: 'user:alice', key: 'k', value: 'a car', type: 'semantic' })
    expect(await cairn.search('car')).toMatchObject({ degraded: [], hits: [{ ref: { key: 'k' } }] })
    const { hits, degraded } = await cairn.search('car', { mode: 'hybrid' })
    expect(hits).toHaveLength(1)
    expect(degraded).toEqual(['vector: the store has no vectors'])
  })

  it('words go on when the model is gone, and the answer says so', async () => {
    const { cairn, embedder } = await openFilled(values)
    embedder.answer = async () => {
      throw new Error('the server is off')
    }
    const { hits, degraded } = await cairn.search('the red car')
    expect(keyOf(hits[0])).toBe('garage')
    expect(degraded).toEqual(['vector: The embedder custom/fake failed: the server is off.'])
  })

  it('what a server says, and where it is, is told to root alone', async () => {
    const { cairn, embedder } = await openFilled(values)
    embedder.answer = async () => {
      throw new Error('http://10.0.0.7:11434 is off')
    }
    const { degraded } = await cairn.as({ user: 'alice' }).search('the red car')
    expect(degraded).toEqual(['vector: the model gave no vector of the question'])
  })

  it('by meaning the past is searched by words all the same, with their scores, and the answer says so', async () => {
    const { cairn } = await openFilled(values)
    const past = { knownAt: '2026-06-01' }
    const { hits, degraded } = await cairn.semanticSearch('car', past)
    expect(hits).toEqual((await cairn.search('car', { ...past, mode: 'lexical' })).hits)
    expect(degraded).toEqual(['vector: the past is searched by words alone'])
  })

  it('the past is searched by words alone, and the answer says so', async () => {
    const { cairn } = await openFilled(values)
    const { hits, degraded } = await cairn.search('car', { knownAt: '2026-06-01' })
    expect(hits.map(keyOf)).toEqual(['garage'])
    expect(degraded).toEqual(['vector: the past is searched by words alone'])
  })

  it('a handle with another model goes by words, and says so and what to do', async () => {
    const { path } = await openFilled(values)
    const { cairn } = await openStore({ db: path, embedder: fakeEmbedder({ model: 'other' }), background: false })
    const { hits, degraded } = await cairn.search('the red car')
    expect(keyOf(hits[0])).toBe('garage')
    const reason =
      'vector: the vectors of the store are of custom/fake/64, and this handle has the model of custom/other/8'
    expect(degraded).toEqual([
      `${reason}. \`cairn.embeddings.migrate()\` changes over to it. Or set \`embedder\` to the other model.`,
    ])
    await cairn.embeddings.migrate()
    expect((await cairn.search('the red car')).degraded).toEqual([
      `${reason}, whose space is being filled. Searches go by words until it is full.`,
    ])
    await cairn.embeddings.run()
    expect((await cairn.search('the red car')).degraded).toEqual([])
  })

  it('a handle whose vectors are all dropped goes by words, and says so', async () => {
    const { cairn } = await openFilled(values)
    await cairn.embeddings.drop('custom/fake/64')
    expect(await cairn.search('the red car')).toMatchObject({
      hits: [{ ref: { key: 'garage' } }],
      degraded: ['vector: the store has no vectors'],
    })
  })

  it('any handle says so while a space is there and none is active', async () => {
    const { cairn, path } = await openFilled(values)
    const next = await openStore({ db: path, embedder: fakeEmbedder({ model: 'next' }), background: false })
    await next.cairn.embeddings.migrate()
    await cairn.embeddings.drop('custom/fake/64')
    const plain = await openStore({ db: path })
    expect((await plain.cairn.search('the red car')).degraded).toEqual(['vector: the store has no vectors'])
    await next.cairn.embeddings.drop('custom/next/8')
    expect((await plain.cairn.search('the red car')).degraded).toEqual([])
  })
})

/** A line that is cut into more pieces than a search looks at by their vectors at first. */
const longLine = (sentence: string) => Array.from({ length: 8_000 }, (_, index) => `${sentence} ${index}.`).join(' ')

it('by meaning finds as many documents as are asked for beside one with more sections than are looked at first', async () => {
  const { cairn } = await openFilled({})
  const near = { 'car.md': 'My car was red.', 'sedan.md': 'A sedan, red.', 'vehicle.md': 'One vehicle.' }
  await cairn.documents.sync(makeDocuments({ 'long.md': longLine('The car is red'), ...near }))
  await cairn.embeddings.run()
  const { hits } = await cairn.search('sedan', { mode: 'semantic', kinds: ['document'], limit: 4 })
  expect(hits.map(keyOf).sort()).toEqual(['car.md', 'long.md', 'sedan.md', 'vehicle.md'])
})

describe('vectors of a model that knows nothing of the texts', () => {
  const degraded = ['vector: the model was found to know nothing of the texts of this store']

  it('have no part in a search, a context or what is similar, which say so; a search by meaning alone goes by them', async () => {
    const { cairn, path, embedder } = await openFilled(values)
    const storage = await openSqliteStorage({ ...asIs, path })
    const [space] = await storage.embeddings.spaces()
    await storage.embeddings.noteTrial({ space: space?.name ?? '', found: 0.01, vectors: 203 })
    await storage.close()
    const alice = cairn.as({ user: 'alice' })
    const item = { kind: 'memory' as const, ref: { namespace: 'user:alice', key: 'garage' } }
    const asked = embedder.asked.length
    expect(await alice.search('red sedan')).toEqual({
      ...(await alice.search('red sedan', { mode: 'lexical' })),
      degraded,
      tookMs: expect.any(Number),
    })
    expect(await alice.similar(item)).toMatchObject({ degraded })
    expect(await alice.context({ query: 'red sedan', budgetTokens: 1_000 })).toMatchObject({ degraded })
    expect(await alice.search('red sedan', { mode: 'lexical' })).toMatchObject({ degraded: [] })
    // Nobody pays for a vector that has no part.
    expect(embedder.asked).toHaveLength(asked)
    const byMeaning = await alice.search('red sedan', { mode: 'semantic' })
    expect([keyOf(byMeaning.hits[0]), byMeaning.degraded]).toEqual(['garage', []])
  })
})

describe('what is similar', () => {
  it.each(['semantic', 'hybrid', 'lexical'] as const)(
    'to a piece of a long line is found beside all other pieces of the line, in mode %s',
    async (mode) => {
      const { cairn } = await openFilled({})
      await cairn.documents.sync(
        makeDocuments({
          'long.md': longLine('The car is red'),
          'car.md': 'My car was red.',
          'sedan.md': 'A sedan, red.',
          'tea.md': 'Tea, green.',
        }),
      )
      await cairn.embeddings.run()
      const long = await cairn.documents.get('long.md')
      const { namespace = '', root = '', path = '', content = [] } = long ?? {}
      expect(content.length).toBeGreaterThan(110)
      const middle = content[60]
      if (middle === undefined) throw new Error('there is no such piece')
      const { hits } = await cairn.similar(
        { namespace, root, path, ...middle },
        { mode, kinds: ['document'], limit: 2 },
      )
      expect(hits.map(keyOf).sort()).toEqual(['car.md', 'sedan.md'])
    },
  )

  it('is so by words and vectors, and no model is asked', async () => {
    const { cairn, embedder } = await openFilled({ ...values, traffic: 'Every vehicle stood still' })
    const asked = embedder.asked.length
    const { hits } = await cairn.similar({
      kind: 'memory',
      ref: { namespace: 'user:alice', key: 'garage', version: 1 },
    })
    expect(keyOf(hits[0])).toBe('traffic')
    expect(hits.map(keyOf)).not.toContain('garage')
    expect(embedder.asked).toHaveLength(asked)
  })

  it('goes by words for what has no vector yet', async () => {
    const { cairn } = await openFilled(values)
    await cairn.memories.add({ namespace: 'user:alice', key: 'new', value: 'A red car, new', type: 'semantic' })
    const item = { kind: 'memory' as const, ref: { namespace: 'user:alice', key: 'new', version: 1 } }
    const { hits, degraded } = await cairn.similar(item)
    expect(keyOf(hits[0])).toBe('garage')
    expect(degraded).toEqual(['vector: the item has none yet'])
    expect((await cairn.similar(item, { mode: 'lexical' })).degraded).toEqual([])
  })
})
