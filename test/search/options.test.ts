import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { SimilarTo } from '../../src/search/search-inputs.js'
import type { SearchHit } from '../../src/search/search-service.js'
import { makeDocuments } from '../documents/folders.js'
import { fakeEmbedder } from '../embeddings/fake-embedder.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }

async function remember(cairn: Cairn, key: string, value: unknown, metadata = {}): Promise<void> {
  await cairn.memories.add({ namespace: 'user:alice', key, value, type: 'semantic', metadata })
}

async function say(cairn: Cairn, ...turns: [actor: string, text: string, timestamp?: string][]): Promise<string> {
  const { id } = await cairn.sessions.create(alice)
  const events = turns.map(([actor, text, timestamp]) => ({
    ...{ type: 'message' as const, actor, content: { text } },
    ...(timestamp && { timestamp }),
  }))
  await cairn.sessions.appendEvents(id, events)
  return id
}

const nameOf = ({ kind, ref }: SearchHit): string =>
  kind === 'memory' ? ref.key : kind === 'event' ? `#${ref.seq}` : ref.path

const namesOf = ({ hits }: { hits: SearchHit[] }): string[] => hits.map(nameOf)

describe('a time range', () => {
  it('keeps what is of it, from its start to before its end', async () => {
    const { cairn } = await openStore()
    const days = ['2025-05-01', '2025-05-02', '2025-05-03'].map(
      (day) => ['user', `harbour on ${day}`, day] as [string, string, string],
    )
    await say(cairn, ...days)
    expect(namesOf(await cairn.search('harbour', { from: '2025-05-02', to: '2025-05-03' }))).toEqual(['#2'])
    expect(namesOf(await cairn.search('harbour', { from: '2025-05-02' })).sort()).toEqual(['#2', '#3'])
    expect(namesOf(await cairn.search('harbour', { to: '2025-05-02' }))).toEqual(['#1'])
    await refusal(cairn.search('harbour', { from: 'yesterday' }), 'invalid_input')
  })

  it('is applied before the limit, and to the past too', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'old', 'harbour harbour harbour')
    await say(cairn, ['user', 'a harbour among many other words', '2030-01-01'])
    const options = { from: '2029-01-01', limit: 1 }
    for (const moment of [{}, { knownAt: '2027-01-01' }])
      expect(namesOf(await cairn.search('harbour', { ...options, ...moment }))).toEqual(['#1'])
  })
})

describe('metadata', () => {
  it('must be equal in every field named; events have none', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'both', 'harbour one', { source: 'chat', rank: 1 })
    await remember(cairn, 'one', 'harbour two', { source: 'chat', rank: '1' })
    await say(cairn, ['user', 'harbour three'])
    expect(namesOf(await cairn.search('harbour', { metadata: { source: 'chat', rank: 1 } }))).toEqual(['both'])
    expect(namesOf(await cairn.search('harbour', { metadata: { source: 'chat' } })).sort()).toEqual(['both', 'one'])
    expect(namesOf(await cairn.search('harbour', { metadata: { other: null } }))).toEqual([])
  })

  it('has all values that are asked for, in a list or as one: of memories and documents, now, then and by meaning', async () => {
    const embedder = fakeEmbedder({ dimensions: 64 })
    const { cairn, clock } = await openStore({ embedder, background: false })
    await remember(cairn, 'both', 'harbour harbour', { tags: ['sea', 'ship'] })
    await remember(cairn, 'one', 'harbour harbour harbour', { tags: 'sea' })
    await remember(cairn, 'none', 'harbour harbour harbour harbour', { tags: ['seas'], other: 'sea' })
    const folder = makeDocuments({
      'page.md': '---\ntags: [ship, sea]\n---\nOf a harbour.',
      'bare.md': 'Of a harbour.',
    })
    await cairn.documents.sync(folder)
    await cairn.embeddings.migrate()
    await cairn.embeddings.run()
    for (const way of [{}, { mode: 'semantic' as const }, { mode: 'lexical' as const }, { knownAt: clock() }]) {
      const found = async (tags: string | string[], limit = 10) =>
        namesOf(await cairn.search('harbour', { metadata: { tags }, limit, ...way })).sort()
      expect(await found('sea')).toEqual(['both', 'one', 'page.md'])
      expect(await found(['sea'])).toEqual(['both', 'one', 'page.md'])
      expect(await found(['sea', 'ship'])).toEqual(['both', 'page.md'])
      expect(await found(['seas'], 1)).toEqual(['none'])
      expect(await found(['seas', 'sea'])).toEqual([])
    }
  })

  it.each([[{}], [[]], [[{}]], [new Date(0)]])('refuses %j with what it takes', async (tags) => {
    const { cairn } = await openStore()
    const { message } = await refusal(cairn.search('harbour', { metadata: { tags } as never }), 'invalid_input')
    expect(message).toMatch(/^search: metadata\.tags: expected text, a number, true, false, null or a list of 1 to 100/)
  })
})

describe('a threshold', () => {
  it('is the share of the question that a hit holds itself', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'all', 'ship in the harbour at noon')
    await remember(cairn, 'third', 'a ship')
    expect(namesOf(await cairn.search('ship harbour noon', { threshold: 0 }))).toEqual(['all', 'third'])
    expect(namesOf(await cairn.search('ship harbour noon', { threshold: 0.5 }))).toEqual(['all'])
    expect(namesOf(await cairn.search('ship harbour noon', { threshold: 1 }))).toEqual(['all'])
    await refusal(cairn.search('x', { threshold: 1.5 }), 'invalid_input')
  })
})

describe('what says the same', () => {
  it('as a better hit of the same session is counted there, unless all are asked for', async () => {
    const { cairn } = await openStore()
    await say(cairn, ['user', 'Good morning, harbour!'], ['user', 'good morning, HARBOUR'], ['agent', 'harbour'])
    const { hits } = await cairn.search('good harbour')
    expect(hits.map(({ duplicates }) => duplicates)).toEqual([1, undefined])
    expect((await cairn.search('good harbour', { duplicates: true })).hits).toHaveLength(3)
  })

  it('is a copy of a page, and not a paragraph that pages share', async () => {
    const { cairn } = await openStore()
    const shared = '## Licence\n\nFree as the harbour.\n'
    const [boats, nets] = [`# Boats\n\n${shared}`, `# Nets\n\n${shared}`]
    await cairn.documents.sync(makeDocuments({ 'boats.md': boats, 'copy/boats.md': boats, 'nets.md': nets }))
    const { hits } = await cairn.search('free harbour')
    expect(hits.map(({ duplicates }) => duplicates ?? 0).sort()).toEqual([0, 1])
    expect(new Set(hits.map((hit) => hit.kind === 'document' && hit.ref.heading))).toEqual(
      new Set(['Boats > Licence', 'Nets > Licence']),
    )
  })

  it('of two users is two things, and with its copy for a project one', async () => {
    const { cairn } = await openStore()
    const found = async () => {
      const { hits } = await cairn.search('harbour')
      return hits.map((hit) => [hit.kind === 'memory' && hit.ref.namespace, hit.duplicates ?? 0])
    }
    for (const namespace of ['user:alice', 'user:alice:notes', 'user:bob'])
      await cairn.memories.add({ namespace, key: 'plan', value: 'to the harbour', type: 'semantic' })
    expect((await found()).sort()).toEqual([
      [expect.stringMatching(/^user:alice/), 1],
      ['user:bob', 0],
    ])
    await cairn.memories.delete('user:bob', 'plan')
    await cairn.memories.publish({ namespace: 'user:alice', key: 'plan' }, 'project:apollo')
    expect(await found()).toEqual([[expect.anything(), 2]])
  })
})

describe('detail', () => {
  it('is a passage, or the whole text when asked for', async () => {
    const { cairn } = await openStore()
    const text = `${'so '.repeat(300)}harbour`
    await remember(cairn, 'long', { text })
    const [short] = (await cairn.search('harbour')).hits
    const [full] = (await cairn.search('harbour', { detail: 'full' })).hits
    expect(short).not.toHaveProperty('text')
    expect(full?.text).toBe(text)
    expect(full?.snippet).toEqual(short?.snippet)
  })
})

describe('an explanation', () => {
  it('has points that add up to the score, the weights of the words and what found it', async () => {
    const { cairn } = await openStore()
    await say(cairn, ['user:Ann', 'Where is the harbour?'], ['user:Bob', 'The harbour is in Genoa'])
    await remember(cairn, 'harbour', 'Genoa, and the way there')
    for (const options of [{}, { knownAt: '2027-01-01' }]) {
      const { hits } = await cairn.search('Where is the harbour of Bob?', { explain: true, ...options })
      expect(hits).toHaveLength(3)
      for (const { score, explain } of hits) {
        const points = explain?.evidence.reduce((sum, piece) => sum + piece.points, 0)
        expect(points).toBeCloseTo(score, 5)
        expect(explain?.retrievers).toEqual([{ name: 'lexical', score: expect.any(Number) }])
        expect(explain?.words.map(({ text }) => text)).toEqual(['harbour', 'bob'])
      }
      const bob = hits.find((hit) => nameOf(hit) === '#2')
      expect(bob?.explain?.evidence.map(({ name }) => name)).toContain('speaker')
    }
  })
})

describe('a question of which little is anywhere', () => {
  it('is held to that share by the threshold, and explained so', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'one', 'The cat likes fish')
    await remember(cairn, 'two', 'The harbour at night')
    const asked = 'quarterly revenue forecast of zorblatt cat'
    const [hit] = (await cairn.search(asked, { explain: true })).hits
    expect(hit?.explain?.match).toBeGreaterThan(0.1)
    expect(hit?.explain?.match).toBeLessThan(0.25)
    expect((await cairn.search(asked, { threshold: 0.5 })).hits).toEqual([])
    expect((await cairn.search('cat', { threshold: 1 })).hits).toHaveLength(1)
  })

  it('says when there is more of it than is looked for', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'one', 'The cat likes fish')
    const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ')
    expect(await cairn.search(`cat ${words(47)} ${words(47)}`)).toMatchObject({ hits: [{}], degraded: [] })
    for (const long of [`${words(48)} cat`, `${'filler '.repeat(3_000)} cat`])
      expect(await cairn.search(long)).toMatchObject({ hits: [], degraded: [expect.stringContaining('first 48')] })
  })
})

describe('what is like an item', () => {
  it('is found without the item, and within the filters', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'one', 'the ship in the harbour at noon')
    await remember(cairn, 'two', 'a ship at noon')
    await remember(cairn, 'far', 'bread and butter')
    const session = await say(cairn, ['user', 'which ship?'], ['user', 'a harbour without ships'])
    const item = { kind: 'memory' as const, ref: { namespace: 'user:alice', key: 'one', version: 1 } }
    expect(namesOf(await cairn.similar(item)).sort()).toEqual(['#1', '#2', 'two'])
    expect(namesOf(await cairn.similar(item, { kinds: ['memory'] }))).toEqual(['two'])
    const current = { namespace: 'user:alice', key: 'one' }
    expect((await cairn.similar({ kind: 'memory', ref: current })).hits).toEqual((await cairn.similar(item)).hits)
    expect((await cairn.similar(current)).hits).toEqual((await cairn.similar(item)).hits)
    const [hit] = (await cairn.search('which ship', { session, limit: 1 })).hits
    if (hit === undefined) throw new Error('nothing found')
    const others = ['#1', '#2'].filter((name) => name !== nameOf(hit))
    expect(namesOf(await cairn.similar(hit, { kinds: ['event'] }))).toEqual(others)
  })

  it('is not to be had of a memory that is deleted, absent or another user’s', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'one', 'the ship in the harbour')
    await remember(cairn, 'two', 'a ship')
    await refusal(cairn.similar({ namespace: 'user:alice', key: 'none' }), 'not_found')
    await refusal(cairn.as({ user: 'bob' }).similar({ namespace: 'user:alice', key: 'one' }), 'not_found')
    await cairn.memories.delete('user:alice', 'one')
    await refusal(cairn.similar({ namespace: 'user:alice', key: 'one' }), 'not_found')
  })

  it('is also what says the same, and what shares more than common words with it', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'one', 'the ship and the harbour and the noon')
    const value = { text: 'the ship and the harbour and the noon' }
    await cairn.memories.add({ namespace: 'user:alice:copies', key: 'one', value, type: 'semantic' })
    await remember(cairn, 'far', 'the bread and the butter and the jam')
    const item = { kind: 'memory' as const, ref: { namespace: 'user:alice', key: 'one', version: 1 } }
    const { hits } = await cairn.similar(item)
    expect(hits.map(({ ref }) => 'namespace' in ref && ref.namespace)).toEqual(['user:alice:copies'])
    expect(hits[0]).not.toHaveProperty('duplicates')
  })

  it('is that of the very piece of a long line that was found, which has a ref of its own', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({
      'long.md': `${'Apple, banana, cherry. '.repeat(150)}${'Lava, magma, eruption. '.repeat(150)}`,
      'hot.md': 'Lava, magma, eruption.',
      'sweet.md': 'Apple, banana, cherry.',
    })
    await cairn.documents.sync(folder)
    const { hits } = await cairn.search('lava banana', { perDocument: 99 })
    const pieces = hits.filter(({ kind, ref }) => kind === 'document' && ref.path === 'long.md')
    expect(pieces.length).toBeGreaterThan(2)
    expect(new Set(hits.map(({ ref }) => JSON.stringify(ref))).size).toBe(hits.length)
    for (const [word, name] of [['Lava', 'hot.md'] as const, ['Apple', 'sweet.md'] as const]) {
      const piece = (await cairn.search(word, { limit: 5 })).hits.find((hit) => nameOf(hit) === 'long.md')
      if (piece?.kind !== 'document') throw new Error('nothing found')
      expect(namesOf(await cairn.similar(piece))[0]).toBe(name)
    }
    const [first] = pieces
    if (first?.kind !== 'document') throw new Error('nothing found')
    const { chunk: _, ...ref } = first.ref
    expect(namesOf(await cairn.similar({ kind: 'document', ref }))[0]).toBe('sweet.md')
    await refusal(cairn.similar({ kind: 'document', ref: { ...ref, chunk: 99 } }), 'not_found')
  })

  it('may be named by a hit, by its kind and ref, or by its ref alone', async () => {
    const { cairn } = await openStore()
    await cairn.documents.sync(makeDocuments({ 'a.md': 'A ship at noon.', 'b.md': 'The ship of noon.' }))
    await remember(cairn, 'one', 'the ship at noon')
    await say(cairn, ['user', 'a noon with a ship'])
    const { hits } = await cairn.search('ship noon')
    expect(new Set(hits.map(({ kind }) => kind)).size).toBe(3)
    const hitsOf = async (item: SimilarTo) => (await cairn.similar(item)).hits
    for (const hit of hits) {
      const found = await hitsOf(hit)
      expect(found.length).toBeGreaterThan(1)
      expect(await hitsOf({ kind: hit.kind, ref: hit.ref } as SimilarTo)).toEqual(found)
      expect(await hitsOf(hit.ref)).toEqual(found)
    }
    const memory = await cairn.memories.get('user:alice', 'one')
    expect(memory && (await hitsOf(memory))).toHaveLength(3)
  })

  it('is asked for in words that say what to pass', async () => {
    const { cairn } = await openStore()
    const ref = { namespace: 'user:alice', key: 'one' }
    const wrong: [unknown, string][] = [
      ['one', 'item: expected object, received string.'],
      [undefined, 'item: is missing.'],
      [{}, "item: kind: Invalid discriminator value. Expected 'memory' | 'event' | 'document'."],
      [{ ...ref, version: 'one' }, 'item: ref.version: expected number, received string.'],
      [{ ref }, "item: kind: Invalid discriminator value. Expected 'memory' | 'event' | 'document'."],
      [{ kind: 'memory' }, 'item: ref: is missing.'],
      [{ path: 'a.md' }, 'item: ref.namespace: is missing; ref.root: is missing; ref.lines: is missing.'],
    ]
    for (const [item, message] of wrong) {
      const error = await refusal(cairn.similar(item as SimilarTo), 'invalid_input')
      expect(error.message).toBe(message)
      expect(error.hint).toContain('Pass a hit of search(), its ref, or one of { kind: ')
    }
  })

  it('is refused for what is not there or is for somebody else, in the same words', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'one', 'the ship')
    const session = await say(cairn, ['user', 'the ship'])
    const bob = cairn.as({ app: 'shop', user: 'bob' })
    const messages = new Set<string>()
    for (const key of ['one', 'none'])
      messages.add(
        (await refusal(bob.similar({ kind: 'memory', ref: { namespace: 'user:alice', key, version: 1 } }), 'not_found'))
          .message,
      )
    for (const id of [session, 'none'])
      messages.add((await refusal(bob.similar({ kind: 'event', ref: { session: id, seq: 1 } }), 'not_found')).message)
    expect(messages.size).toBe(1)
    await refusal(cairn.similar({ kind: 'other' } as never), 'invalid_input')
  })
})

describe('a question of any kind', () => {
  it('is answered: of a megabyte, of stop words, signs, emoji, with quotes left open', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'one', 'the ship in the harbour 😀 "and')
    const texts = [
      '',
      'ship '.repeat(200_000),
      'x'.repeat(1_000_000),
      'the of and',
      '?!',
      '😀',
      '"ship',
      'ship" OR (',
      '*',
    ]
    for (const text of texts) {
      const options = { explain: true, detail: 'full' as const, threshold: 0.1 }
      const degraded = text.length > 20_000 ? [expect.stringContaining('first 20000 characters')] : []
      expect(await cairn.search(text, options)).toMatchObject({ hits: expect.any(Array), degraded })
    }
    expect(namesOf(await cairn.search('"ship'))).toEqual(['one'])
    expect(namesOf(await cairn.search('ship '.repeat(200_000)))).toEqual(['one'])
  })
})
