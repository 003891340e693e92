import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { SearchOptions } from '../../src/search/search-inputs.js'
import type { SearchHit } from '../../src/search/search-service.js'
import { makeDocuments } from '../documents/folders.js'
import { refusal } from '../helpers/refusal.js'
import { openStore, withStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }
const bob = { app: 'shop', user: 'bob' }

async function remember(cairn: Cairn, key: string, value: unknown, rest: object = {}): Promise<void> {
  await cairn.memories.add({ namespace: 'user:alice', key, value, type: 'semantic', ...rest })
}

async function say(cairn: Cairn, owner: object, text: string, rest: object = {}): Promise<string> {
  const { id } = await cairn.sessions.create(owner)
  await cairn.sessions.appendEvent(id, { type: 'message', actor: 'user', content: { text }, ...rest })
  return id
}

/** Where a hit is from: the key of a memory, the session of an event. */
function nameOf({ kind, ref }: SearchHit): string {
  if (kind === 'document') return ref.path
  return kind === 'memory' ? ref.key : ref.session
}

/** What says the same counts for itself here, unless a test asks otherwise. */
async function found(cairn: Cairn, text: string, options: SearchOptions = {}): Promise<string[]> {
  return (await cairn.search(text, { duplicates: true, ...options })).hits.map(nameOf)
}

describe('a search', () => {
  it('takes no common word for another one with its stem', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'food', 'On Sunday we ate noodles at noon')
    for (let index = 0; index < 30; index++)
      await remember(cairn, `k${index}`, `His boat is at pier ${index}, or on us`)
    for (const options of [{}, { knownAt: Date.UTC(2027, 0, 1) }]) {
      const { hits } = await cairn.search('What did we eat?', { threshold: 0.5, explain: true, ...options })
      expect(hits.map(nameOf)).toEqual(['food'])
      expect(hits[0]?.snippet.marks).toEqual([[13, 16]])
      expect(hits[0]?.explain?.words[0]?.weight).toBeGreaterThan(4)
      for (const word of ['hi', 'ore', 'one', 'use']) expect(await found(cairn, word, options)).toEqual([])
    }
    expect(await found(cairn, 'at')).toHaveLength(10)
  })

  it('finds memories and events, best first, with what is needed to show and to fetch them', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'plan', { text: 'The harbour opens in May' })
    await remember(cairn, 'noise', 'Nothing about it')
    const id = await say(cairn, alice, 'Is the harbour open, is the harbour full?')
    const result = await cairn.search('harbours')
    expect(result).toEqual({ hits: expect.any(Array), degraded: [], tookMs: expect.any(Number) })
    const [one, two] = [...result.hits].sort((a, b) => a.kind.localeCompare(b.kind))
    expect(one).toEqual({
      kind: 'event',
      ref: { session: id, seq: 1, eventId: expect.any(String) },
      score: expect.any(Number),
      time: expect.stringMatching(/^2026-01-01T/),
      snippet: {
        text: 'Is the harbour open, is the harbour full?',
        marks: [
          [7, 14],
          [28, 35],
        ],
      },
    })
    expect(two).toMatchObject({
      kind: 'memory',
      ref: { namespace: 'user:alice', key: 'plan', version: 1 },
      snippet: { text: 'The harbour opens in May', marks: [[4, 11]] },
    })
    expect(result.hits).toHaveLength(2)
    const scores = result.hits.map(({ score }) => score)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(Math.min(...scores)).toBeGreaterThan(0)
  })

  it('puts what holds more of the words before what holds fewer, and rare words before common ones', async () => {
    const { cairn } = await openStore()
    for (let index = 0; index < 20; index++) await remember(cairn, `other${index}`, `ship number ${index}`)
    await remember(cairn, 'rare', 'the harbour at noon')
    await remember(cairn, 'both', 'ship in the harbour')
    expect((await found(cairn, 'ship harbour')).slice(0, 2)).toEqual(['both', 'rare'])
  })

  it.each([
    ['endings', 'we were shipping boxes', 'ship box'],
    ['accents', 'Café Zürich', 'cafe zurich'],
    ['case', 'KUBERNETES', 'kubernetes'],
    ['compatibility forms', 'the ﬁle １２', 'file 12'],
    ['Cyrillic', 'Привет, мир', 'мир'],
    ['Chinese words of two characters', '我喜欢在北京吃烤鸭', '北京'],
    ['Chinese words of three', '我喜欢在北京吃烤鸭', '吃烤鸭'],
    ['Chinese words of one', '山高水长', '山'],
    ['Chinese words of one at the end', '山高水长', '长'],
    ['Japanese of mixed scripts', '東京タワーは高いです', 'タワー'],
    ['Japanese of one character', '今日は雨だ', '雨'],
    ['Japanese in half width', 'ﾃﾚﾋﾞを見る', 'テレビ'],
    ['Korean of two syllables', '서울에서 만나요', '서울'],
    ['Korean of three', '대한민국 만세', '한민국'],
    ['Latin within Japanese', 'iPhoneを買いました', 'iphone'],
    ['characters beyond the basic plane', '𠮷野家で食べる', '𠮷野'],
    ['a number', { text: 'invoice 4711 paid' }, '4711'],
    ['an emoji beside a word', 'party🫠time tonight', 'party'],
    ['an emoji', 'I love 🍕 pizza', '🍕'],
    ['an emoji of any skin', 'well done 👍🏽', '👍🏿'],
    ['a flag', 'off to 🇫🇷🇩🇪', '🇩🇪'],
    ['letters that have no accent to take off', 'Nguyễn Văn Đức', 'duc'],
    ['the German sharp s', 'Die Straße', 'strasse'],
    ['names with an apostrophe by the whole', "for o'brien", 'obrien'],
    ['names with an apostrophe by a part', "for o'brien", 'brien'],
    ['names with an apostrophe by themselves', 'for obrien', "o'brien"],
    ['soft hyphens', 'co\u00adoperate', 'cooperate'],
    ['spaces of no width', 'zero\u200bwidth', 'zerowidth'],
    ['Thai within a sentence', 'ฉันอยากกินข้าวผัดวันนี้', 'ข้าวผัด'],
  ])('folds or splits %s', async (_what, value, question) => {
    const { cairn } = await openStore()
    await remember(cairn, 'wanted', value)
    await remember(cairn, 'other', 'something else entirely: 京都 부산 北海 上海')
    expect(await found(cairn, question)).toEqual(['wanted'])
  })

  it.each(['favorite_color', 'favoriteColor', 'favorite-color', 'favorite.color', 'favorite color'])(
    'finds the key %s by its words and by itself',
    async (key) => {
      const { cairn } = await openStore()
      await remember(cairn, key, 'blue')
      for (const question of ['favorite', 'colors', 'favorite color', key])
        expect(await found(cairn, question)).toEqual([key])
    },
  )

  it('finds two words that are written as one, and says what it was found by', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'one', 'On low birthweight')
    await remember(cairn, 'other', 'On gold')
    const { hits } = await cairn.search('birth weight', { explain: true })
    expect(hits.map(nameOf)).toEqual(['one'])
    expect(hits[0]?.snippet.marks).toEqual([[7, 18]])
    expect(hits[0]?.explain?.match).toBe(1)
  })

  it('finds a word like maxRetries where its parts stand in a row, and not by one of them', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'apart', 'The max retries of a client')
    await remember(cairn, 'snake', 'Set max_retries there')
    await remember(cairn, 'whole', 'An option: maxRetries')
    await remember(cairn, 'other', 'At the max there are many retries, and a phone rings')
    const { hits } = await cairn.search('maxRetries')
    expect(hits.map(nameOf).toSorted()).toEqual(['apart', 'snake', 'whole'])
    expect(await found(cairn, 'maxRetries', { knownAt: '2100-01-01T00:00:00Z' })).toHaveLength(3)
    expect(hits.find((hit) => nameOf(hit) === 'snake')?.snippet.marks).toEqual([
      [4, 7],
      [8, 15],
    ])
    expect(await found(cairn, 'iPhone')).toEqual([])
  })

  it('finds a word by its whole, or by its parts in a row, and by one of them only in a key or a path', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'text', 'Set retryLimit')
    await remember(cairn, 'retryLimit', 'Set it')
    await cairn.documents.sync(makeDocuments({ 'text.md': '# retryLimit\n', 'waitLimit.md': 'Set it' }))
    expect((await found(cairn, 'retryLimit')).toSorted()).toEqual(['retryLimit', 'text', 'text.md'])
    expect((await found(cairn, 'retry limit')).toSorted()).toEqual(['retryLimit', 'text', 'text.md', 'waitLimit.md'])
    expect((await found(cairn, 'limit')).toSorted()).toEqual(['retryLimit', 'waitLimit.md'])
  })

  it('finds a page by its front matter, in its first section, and shows that where nothing else holds the words', async () => {
    const { cairn } = await openStore()
    const page = '# One\nA bowline.\n\n# Two\nMore on it.\n'
    const front = 'title: Knots\ntags: [sailing, rope]\nauthor: Mira\nabout: { level: [beginner] }\ndate: 2024-05-01'
    const folder = makeDocuments({
      'knots.md': `---\n${front}\n---\n${page}`,
      'bare.md': page.replace('bowline', 'loop'),
    })
    await cairn.documents.sync(folder)
    for (const options of [{}, { knownAt: Date.UTC(2100, 0, 1) }]) {
      for (const [question, snippet] of [
        ['sailing', 'tags: sailing, rope; author: Mira; about: beginner'],
        ['Mira', 'tags: sailing, rope; author: Mira; about: beginner'],
        ['beginners', 'tags: sailing, rope; author: Mira; about: beginner'],
        ['bowline Mira', '# One A bowline.'],
      ] as const) {
        const { hits } = await cairn.search(question, { perDocument: 9, ...options })
        expect(hits.map(({ snippet }) => snippet.text)).toEqual([snippet])
        expect(hits[0]?.snippet.marks).toHaveLength(1)
      }
      expect(await found(cairn, '2024', options)).toEqual([])
    }
    expect((await cairn.search('Knots')).hits[0]?.snippet.text).toMatch(/^# /)
  })

  it.each([
    ['kitten', 'Two cats sleep', ['cats']],
    ['kitten', 'A cat, a kitten', ['cat', 'kitten']],
    ['go', 'We went, I go', ['went', 'go']],
    ['kitchen', 'The Kitchens', ['kitchens']],
    ['kitchns', 'The kitchens', ['kitchens']],
    ['maxRetries', 'Set max_retries', ['max retries']],
    ['birth weight', 'Of birthweight', ['birthweight'], ['birthweight']],
    ['zebra cat', 'A zebra', ['zebra'], []],
    ['cat', { title: 'Cats', text: 'They sleep' }, ['cats']],
    ['cat', `${'long '.repeat(4_000)} cats`, ['cats']],
    ['東', '東京', ['東京']],
  ])('tells by which words of it %j found %j', async (question, value, ...by) => {
    const { cairn } = await openStore()
    await remember(cairn, 'one', value)
    await remember(cairn, 'other', 'Another cat')
    for (const options of [{}, { knownAt: Date.UTC(2100, 0, 1) }]) {
      const { hits } = await cairn.search(question, { explain: true, ...options })
      const one = hits.find((hit) => nameOf(hit) === 'one')
      if (question !== 'kitchns' || options.knownAt === undefined)
        expect(one?.explain?.words.map((word) => word.by)).toEqual(by)
    }
  })

  it('reads what was said beside the best turns, however much else holds a common word', async () => {
    const { cairn } = await openStore()
    const { id } = await cairn.sessions.create(alice)
    const texts = Array.from({ length: 900 }, (_, index) =>
      index === 100 ? 'The harbour, we talk' : `We talk ${index}`,
    )
    await cairn.sessions.appendEvents(
      id,
      texts.map((text) => ({ type: 'message' as const, actor: 'user', content: { text } })),
    )
    const { hits } = await cairn.search('talk at the harbour', { limit: 5 })
    const seqs = hits.map((hit) => (hit.kind === 'event' ? hit.ref.seq : 0))
    expect(seqs[0]).toBe(101)
    expect(seqs.slice(1).toSorted()).toEqual([100, 102, 103, 99].toSorted())
  })

  it('weighs a key higher than a word in passing', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'passing', 'the deadline was mentioned once among other things of the day')
    await remember(cairn, 'deadline', 'Friday at noon, as was said once among other things of the day')
    expect(await found(cairn, 'deadline')).toEqual(['deadline', 'passing'])
  })

  it('shows the JSON of what has no text in it', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'answer', 42)
    const id = await say(cairn, alice, '', { actor: 'tool:answer', content: { ok: true } })
    const { hits } = await cairn.search('answer')
    const texts = new Map(hits.map((hit) => [nameOf(hit), hit.snippet]))
    expect(texts.get('answer')).toEqual({ text: '42', marks: [] })
    expect(texts.get(id)).toEqual({ text: '{"ok":true}', marks: [] })
  })

  it('finds who spoke by name', async () => {
    const { cairn } = await openStore()
    const id = await say(cairn, alice, 'good morning', { actor: 'user:Marguerite' })
    expect(await found(cairn, 'marguerite')).toEqual([id])
  })

  it('finds nothing for a question without a word, or in an empty store', async () => {
    const { cairn } = await openStore()
    expect((await cairn.search('anything')).hits).toEqual([])
    await remember(cairn, 'k', 'the harbour')
    for (const question of ['', ' ', '?!', '😀', '"" * ()', '\0', '\ud800'])
      expect(await found(cairn, question)).toEqual([])
    expect(await found(cairn, 'missing')).toEqual([])
  })

  it('takes any text for a question', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'k', { text: 'harbour NEAR title body scope AND OR NOT "quoted" (x) {y} ^z a:b *' })
    await say(cairn, alice, '東京 harbour 한국')
    const operator = fc.constantFrom(
      'AND',
      'OR',
      'NOT',
      'NEAR(',
      ')',
      '"',
      "'",
      '*',
      '^',
      ':',
      '{title}',
      '-',
      '+',
      '\\',
      '%',
      '\0',
      '東',
      ';--',
    )
    const unit = fc.oneof(operator, fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('harbour', ' '))
    const question = fc.array(unit, { maxLength: 12 }).map((units) => units.join(''))
    await fc.assert(
      fc.asyncProperty(question, async (text) => {
        const { hits } = await cairn.search(text, { explain: true })
        for (const { snippet } of hits) expect(snippet.text.isWellFormed()).toBe(true)
        // The past is asked as it is written.
        const isCorrected = hits.some(({ explain }) => explain?.words.some(({ readAs }) => readAs))
        const past = (await cairn.search(text, { knownAt: Date.UTC(2027, 0, 1) })).hits.map(nameOf).sort()
        const now = hits.map(nameOf).sort()
        expect(isCorrected ? now : past).toEqual(isCorrected ? expect.arrayContaining(past) : now)
      }),
      { numRuns: 150, interruptAfterTimeLimit: 5_000 },
    )
    expect(await found(cairn, 'harbour '.repeat(130_000))).toHaveLength(2)
  })

  it.each([
    [{ limit: 0 }, 'limit'],
    [{ limit: 101 }, 'limit'],
    [{ offset: -1 }, 'offset'],
    [{ offset: 1001 }, 'offset'],
    [{ kinds: [] }, 'kinds'],
    [{ kinds: ['task'] }, 'kinds'],
    [{ types: ['fact'] }, 'types'],
    [{ namespaces: [] }, 'namespaces'],
    [{ namespaces: ['user'] }, 'it has no segment'],
    [{ session: 'a:b' }, 'has a colon'],
    [{ knownAt: 'then' }, 'knownAt is not a time'],
    [{ namespace: 'user:alice' }, 'namespace'],
  ])('refuses %j', async (options, why) => {
    const { cairn } = await openStore()
    expect((await refusal(cairn.search('x', options as never), 'invalid_input')).message).toContain(why)
  })

  it('asks for a text', async () => {
    const { cairn } = await openStore()
    for (const text of [undefined, null, 7, ['x']]) await refusal(cairn.search(text as never), 'invalid_input')
  })
})

describe('filters', () => {
  async function filled() {
    const { cairn } = await openStore()
    const add = (namespace: string, key: string, type: string) =>
      cairn.memories.add({ namespace, key, value: 'the harbour', type: type as 'semantic' })
    await add('user:alice', 'fact', 'semantic')
    await add('user:alice:trips', 'trip', 'episodic')
    await add('user:alicebob', 'other', 'semantic')
    await add('app:shop', 'rule', 'procedural')
    const one = await cairn.sessions.create({ ...alice, id: 'one' })
    const two = await cairn.sessions.create({ ...alice, id: 'two' })
    await add(`session:${one.id}`, 'note', 'semantic')
    for (const { id } of [one, two]) {
      const event = { actor: 'user', content: { text: 'the harbour' } }
      await cairn.sessions.appendEvents(id, [
        { ...event, type: 'message' },
        { ...event, type: 'tool_call' },
      ])
    }
    const names = async (options: Parameters<Cairn['search']>[1], at = cairn) =>
      (await found(at, 'harbour', { limit: 100, ...options })).sort().join(' ')
    return { cairn, names }
  }

  it('of kinds, types, namespaces and sessions cut what is found', async () => {
    const { names } = await filled()
    expect(await names({})).toBe('fact note one one other rule trip two two')
    expect(await names({ kinds: ['memory'] })).toBe('fact note other rule trip')
    expect(await names({ kinds: ['event'] })).toBe('one one two two')
    expect(await names({ types: ['episodic'] })).toBe('trip')
    expect(await names({ types: ['tool_call'] })).toBe('one two')
    expect(await names({ types: ['semantic', 'message'] })).toBe('fact note one other two')
    expect(await names({ kinds: ['event'], types: ['semantic'] })).toBe('')
    expect(await names({ namespaces: ['user:alice'] })).toBe('fact trip')
    expect(await names({ namespaces: ['user:alice:trips', 'app:shop', 'user:alice'] })).toBe('fact rule trip')
    expect(await names({ namespaces: ['user:alice'], types: ['semantic'] })).toBe('fact')
    expect(await names({ namespaces: ['session:one'] })).toBe('note one one')
    expect(await names({ namespaces: ['session:one:sub'] })).toBe('')
    expect(await names({ session: 'one' })).toBe('note one one')
    expect(await names({ session: 'one', kinds: ['event'] })).toBe('one one')
    expect(await names({ session: 'one', namespaces: ['user:alice'] })).toBe('fact trip')
    expect(await names({ session: 'two', namespaces: ['session:one'], kinds: ['event'] })).toBe('')
    expect(await names({ session: 'nobody' })).toBe('')
    const known = { knownAt: Date.UTC(2027, 0, 1) }
    expect(await names({ namespaces: ['user:alice'], types: ['semantic'], ...known })).toBe('fact')
    expect(await names({ session: 'one', ...known })).toBe('note one one')
  })

  it('come on top of what the caller may find', async () => {
    const { cairn, names } = await filled()
    expect(await names({}, cairn.as(alice))).toBe('fact one one rule trip two two')
    expect(await names({ session: 'one' }, cairn.as(alice))).toBe('one one')
    expect(await names({ session: 'one' }, cairn.as({ session: 'one' }))).toBe('note')
    expect(await names({}, cairn.as({ session: 'one' }))).toBe('note')
    expect(await names({}, cairn.as({ user: 'alice' }))).toBe('fact trip')
    expect(await names({}, cairn.as(bob))).toBe('rule')
    expect(await names({}, cairn.as({}))).toBe('')
    expect(await names({ session: 'one' }, cairn.as(bob))).toBe('')
    expect(await names({ namespaces: ['session:one'] }, cairn.as(bob))).toBe('')
    await refusal(cairn.as(alice).search('harbour', { session: 'one', kinds: ['memory'] }), 'forbidden')
    await refusal(cairn.as(alice).search('harbour', { namespaces: ['user:alice', 'user:alicebob'] }), 'forbidden')
  })

  it('are applied before the limit: unrelated items in front cost nobody a hit', async () => {
    const { cairn } = await openStore()
    const noise = Array.from({ length: 300 }, (_, index) => ({
      namespace: 'user:bob',
      key: `k${index}`,
      value: 'harbour harbour harbour',
      type: 'semantic' as const,
    }))
    await cairn.memories.addMany(noise)
    await remember(cairn, 'mine', 'somewhere in a long text the word harbour is found once and not again')
    expect(await found(cairn.as(alice), 'harbour', { limit: 1 })).toEqual(['mine'])
    expect(await found(cairn, 'harbour', { limit: 1, namespaces: ['user:alice'] })).toEqual(['mine'])
  })

  it('are applied to events before the limit as well', async () => {
    const { cairn } = await openStore()
    const text = 'somewhere in a long text the word harbour is found once and not again'
    const mine = await say(cairn, alice, text)
    const other = await say(cairn, bob, 'harbour harbour harbour')
    const loud = { type: 'message' as const, actor: 'user', content: { text: 'harbour harbour harbour' } }
    await cairn.sessions.appendEvents(other, Array(300).fill(loud))
    expect(await found(cairn.as(alice), 'harbour', { limit: 1 })).toEqual([mine])
    expect(await found(cairn, 'harbour', { limit: 1, session: mine })).toEqual([mine])
  })
})

describe('pages of a search', () => {
  it.each([{}, { knownAt: Date.UTC(2027, 0, 1) }])('with %j are the one answer, cut', async (options) => {
    const { cairn } = await openStore()
    for (let index = 0; index < 24; index++)
      await remember(cairn, `k${index}`, `${'harbour '.repeat(1 + (index % 5))} ${'filler '.repeat(index)}`)
    for (let index = 0; index < 6; index++) await say(cairn, alice, `harbour number ${index}`)
    const all = await found(cairn, 'harbour', { limit: 100, ...options })
    expect(new Set(all).size).toBe(30)
    for (const limit of [1, 7, 30]) {
      const pages: string[] = []
      for (let offset = 0; offset < 35; offset += limit)
        pages.push(...(await found(cairn, 'harbour', { limit, offset, ...options })))
      expect(pages).toEqual(all)
    }
    expect(await found(cairn, 'harbour', { offset: 1000, ...options })).toEqual([])
    expect(await found(cairn, 'harbour', options)).toEqual(all.slice(0, 10))
  })
})

describe('pages of a search that finds hundreds', () => {
  it.each([{}, { knownAt: Date.UTC(2027, 0, 1) }])('with %j lose nothing and show nothing twice', async (options) => {
    const { cairn } = await openStore()
    const vocabulary = ['harbour', 'ship', 'anchor', 'crew', 'noon', 'filler', 'word']
    const text = (index: number) =>
      Array.from(
        { length: 2 + (index % 23) },
        (_, at) => vocabulary[(index * 7 + at * at + at) % vocabulary.length],
      ).join(' ')
    const entries = Array.from({ length: 300 }, (_, index) => ({
      namespace: 'user:alice',
      key: `k${index}`,
      value: text(index),
      type: 'semantic' as const,
    }))
    await cairn.memories.addMany(entries)
    const pages = async (limit: number) => {
      const seen: string[] = []
      for (let offset = 0; offset <= 300; offset += limit)
        seen.push(...(await found(cairn, 'harbour ship anchor', { limit, offset, ...options })))
      return seen
    }
    const byTen = await pages(10)
    expect(new Set(byTen).size).toBe(byTen.length)
    expect(byTen.length).toBeGreaterThan(200)
    expect(await pages(100)).toEqual(byTen)
  })
})

describe('a question about the past', () => {
  it('finds as many events as one about now', async () => {
    const { cairn } = await openStore()
    const { id } = await cairn.sessions.create(alice)
    const event = { type: 'message' as const, actor: 'user', content: { text: 'the harbour' } }
    await cairn.sessions.appendEvents(id, Array(80).fill(event))
    for (const options of [{}, { knownAt: Date.UTC(2027, 0, 1) }])
      expect(await found(cairn, 'harbour', { limit: 100, ...options })).toHaveLength(80)
  })
})

describe('what has changed', () => {
  it('is found as it is now: not what was updated, deleted or has expired', async () => {
    const { cairn, clock } = await openStore()
    await remember(cairn, 'city', 'Berlin')
    await cairn.memories.update('user:alice', 'city', 'Paris')
    await remember(cairn, 'gone', 'Paris')
    await cairn.memories.delete('user:alice', 'gone')
    await remember(cairn, 'soon', 'Paris', { expiresAt: clock() + 60_000 })
    expect(await found(cairn, 'Berlin')).toEqual([])
    expect((await found(cairn, 'Paris')).sort()).toEqual(['city', 'soon'])
    clock.advance(60_000)
    expect(await found(cairn, 'Paris')).toEqual(['city'])
    await cairn.memories.restore('user:alice', 'gone')
    expect((await found(cairn, 'Paris')).sort()).toEqual(['city', 'gone'])
  })

  it('is found as it was known then', async () => {
    const { cairn, clock } = await openStore()
    clock.set(1_000)
    await remember(cairn, 'city', 'lives in Berlin')
    await remember(cairn, 'gone', 'Berlin too')
    const early = await say(cairn, alice, 'greetings from Berlin')
    clock.set(5_000)
    await cairn.memories.update('user:alice', 'city', 'lives in Paris')
    await cairn.memories.delete('user:alice', 'gone')
    await say(cairn, alice, 'Berlin again')
    const at = async (text: string, knownAt: number) => (await found(cairn, text, { knownAt })).sort()
    expect(await at('Berlin', 4_000)).toEqual(['city', 'gone', early].sort())
    expect(await at('Paris', 4_000)).toEqual([])
    expect(await at('Berlin', 999)).toEqual([])
    expect(await at('Paris', 9_000)).toEqual(['city'])
    const [hit] = (await cairn.search('lives Berlin', { knownAt: 4_000, kinds: ['memory'] })).hits
    expect(hit).toMatchObject({ ref: { version: 1 }, snippet: { text: 'lives in Berlin' } })
    expect(await found(cairn.as(bob), 'Berlin', { knownAt: 4_000 })).toEqual([])
  })

  it('is found as it is true at a moment', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'city', 'Berlin')
    await cairn.memories.update('user:alice', 'city', 'Paris', { validFrom: '2030-01-01' })
    expect(await found(cairn, 'Berlin')).toEqual(['city'])
    expect(await found(cairn, 'Paris')).toEqual([])
    expect(await found(cairn, 'Paris', { validAt: '2030-01-01' })).toEqual(['city'])
    expect(await found(cairn, 'Berlin', { validAt: '2030-01-01' })).toEqual([])
    expect(await found(cairn, 'Berlin', { validAt: '2029-12-31', knownAt: '2027-01-01' })).toEqual(['city'])
    await remember(cairn, 'later', 'Rome', { validFrom: '2031-01-01' })
    expect(await found(cairn, 'Rome')).toEqual([])
    expect(await found(cairn, 'Rome', { validAt: '2031-06-01' })).toEqual(['later'])
  })

  it('is found by exactly what the memories at hand say, whatever was done to them', async () => {
    const words = ['alpha', 'beta', 'gamma', 'delta']
    const step = fc.record({
      key: fc.constantFrom('a', 'b'),
      act: fc.constantFrom('write' as const, 'delete' as const, 'restore' as const, 'later' as const),
      word: fc.constantFrom(...words),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), (steps) =>
        withStore(async ({ cairn }) => {
          const place = (key: string) => ['user:alice', key] as const
          for (const { key, act, word } of steps) {
            const alive = await cairn.memories
              .update(...place(key), word, act === 'later' ? { validFrom: '2030-01-01' } : {})
              .catch(() => null)
            if (alive === null) await remember(cairn, key, word)
            if (act === 'delete' || act === 'restore') await cairn.memories.delete(...place(key))
            if (act === 'restore') await cairn.memories.restore(...place(key))
          }
          for (const at of [{}, { validAt: '2031-01-01' }, { knownAt: '2027-01-01' }]) {
            const { items } = await cairn.memories.list(at)
            const expected = words.map((word) => items.filter(({ value }) => value === word).map(({ key }) => key))
            const hits = await Promise.all(words.map((word) => found(cairn, word, at)))
            expect(hits.map((keys) => keys.sort())).toEqual(expected)
          }
        }),
      ),
      { numRuns: 30, interruptAfterTimeLimit: 5_000 },
    )
  })
})

describe('two users', () => {
  it('never meet each other in a search', async () => {
    const { cairn } = await openStore()
    for (const owner of [alice, bob]) {
      const handle = cairn.as(owner)
      const namespace = `user:${owner.user}`
      await handle.memories.add({ namespace, key: owner.user, value: 'harbour secret', type: 'semantic' })
      await say(handle, owner, `the harbour of ${owner.user}`)
    }
    for (const [owner, other] of [
      [alice, 'bob'],
      [bob, 'alice'],
    ] as const) {
      for (const options of [{}, { knownAt: Date.UTC(2027, 0, 1) }, { validAt: 0 }]) {
        const { hits } = await cairn.as(owner).search(`harbour secret ${other}`, options)
        expect(hits).toHaveLength(2)
        expect(JSON.stringify(hits)).not.toContain(other)
      }
    }
  })
})
