import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  add,
  anEvent,
  append,
  author,
  createSession,
  found,
  now,
  type Subject,
  s1,
  search,
  tone,
  toValue,
} from './subject.js'

export function describeSearch(subject: Subject): void {
  describe('finds', () => describeFinding(subject))
  describe('at a moment', () => describeMoments(subject))
  describe('of any text', () => describeAnyText(subject))
}

function describeFinding(subject: Subject): void {
  const remember = (key: string, value: unknown) =>
    add(subject.storage, { key, chain: key, value: JSON.stringify(value) })

  it('memories by the words of their values and keys', async () => {
    await remember('plan', { text: 'We ship the release on Friday', tags: ['launch', { who: 'Maya' }] })
    await remember('favoriteColor', 'teal')
    await remember('home_town', 7)
    for (const word of ['ship', 'FRIDAY', 'launch', 'maya', 'plan'])
      expect(await found(subject.storage, word), word).toEqual(['user:alice plan 1'])
    for (const word of ['teal', 'color', 'favorite'])
      expect(await found(subject.storage, word), word).toEqual(['user:alice favoriteColor 1'])
    expect(await found(subject.storage, 'town')).toEqual(['user:alice home_town 1'])
    await remember('party', 'Launch🥳 on 🫠Monday')
    for (const word of ['launch', 'monday'])
      expect(await found(subject.storage, word), word).toContain('user:alice party 1')
    for (const word of ['shi', 'text', 'who', 'tags', 'nothing', 'Friday2'])
      expect(await found(subject.storage, word), word).toEqual([])
  })

  it('events by the words of their content and by who acted', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [
      anEvent({ content: '{"text":"The deploy failed"}', actor: 'user:maya' }),
      anEvent({ eventId: 'e2', type: 'tool_call', actor: 'tool:grep', content: '{"tool":"run","args":["deploy"]}' }),
    ])
    expect((await found(storage, 'deploy')).sort()).toEqual(['s1 1', 's1 2'])
    expect(await found(storage, 'maya')).toEqual(['s1 1'])
    expect(await found(storage, 'grep')).toEqual(['s1 2'])
    const [hit] = await search(storage, 'failed')
    expect(hit).toMatchObject({
      kind: 'event',
      session: 's1',
      owner: { app: 'support', user: 'alice' },
      seq: 1,
      eventId: 'e1',
    })
  })

  it('both together, best first, with scores that never grow', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [anEvent({ content: '{"text":"apples and pears"}' })])
    await remember('both', 'apples with pears and cinnamon')
    await remember('one', 'apples with cheese and bread')
    for (let index = 0; index < 20; index++) await remember(`noise ${index}`, `something else entirely ${index}`)
    const hits = await search(storage, 'apples pears')
    expect(hits).toHaveLength(3)
    expect(hits.at(-1)).toMatchObject({ kind: 'memory', key: 'one' })
    for (const [index, { score }] of hits.entries()) expect(score).toBeLessThanOrEqual(hits[index - 1]?.score ?? score)
    expect((await search(storage, 'apples pears', { limit: 1 })).map(({ score }) => score)).toEqual([hits[0]?.score])
  })

  it('what identifies a thing, whom it belongs to, and a passage: values are large and stay where they are', async () => {
    const { storage } = subject
    await remember('plan', { text: `${'so '.repeat(5_000)}ship it` })
    await createSession(storage)
    await append(storage, [anEvent({ content: '{"text":"ship it"}', timestamp: 7 })])
    for (const moment of [{}, { knownAt: now }]) {
      const hits = await search(storage, 'ship', { moment })
      expect(hits.sort((a, b) => a.kind.localeCompare(b.kind))).toEqual([
        {
          kind: 'event',
          score: expect.any(Number),
          snippet: { text: 'ship it', marks: [[0, 4]] },
          ...{ session: 's1', owner: { app: 'support', user: 'alice' }, seq: 1, eventId: 'e1', timestamp: 7 },
        },
        {
          kind: 'memory',
          score: expect.any(Number),
          snippet: { text: expect.stringMatching(/^…(?:so )+ship it$/), marks: [expect.any(Array)] },
          ...{ namespace: 'user:alice', key: 'plan', version: 1, recordedAt: now },
        },
      ])
    }
  })

  it('from an offset on, what comes there in the whole answer', async () => {
    const { storage } = subject
    for (let index = 0; index < 9; index++) await remember(`k${index}`, `ship ${'so '.repeat(index)}`)
    for (const moment of [{}, { knownAt: now }]) {
      const all = await search(storage, 'ship', { moment })
      expect(await search(storage, 'ship', { moment, offset: 4, limit: 3 })).toEqual(all.slice(4, 7))
      expect(await search(storage, 'ship', { moment, offset: 9 })).toEqual([])
    }
  })

  it('nothing for no words, no kinds and no room', async () => {
    await remember('plan', 'ship it')
    expect(await found(subject.storage, '')).toEqual([])
    expect(await found(subject.storage, '?!')).toEqual([])
    expect(await subject.storage.search.lexical({ terms: [{ text: 'ship' }], now, limit: 9 })).toEqual({
      hits: [],
      degraded: [],
    })
    expect(await found(subject.storage, 'ship', { limit: 0 })).toEqual([])
  })

  it('Chinese, Japanese and Korean words of one, two and more characters', async () => {
    const texts = {
      tokyo: '東京都に住んでいます',
      soup: '拉麵很好吃',
      seoul: '서울에서 만나요',
      mixed: 'PostgreSQLを使う',
      kana: 'ラーメン',
    }
    for (const [key, text] of Object.entries(texts)) await remember(key, { text })
    const questions: [string, string][] = [
      ['東京', 'tokyo'],
      ['京都', 'tokyo'],
      ['東京都', 'tokyo'],
      ['都', 'tokyo'],
      ['す', 'tokyo'],
      ['麵', 'soup'],
      ['好吃', 'soup'],
      ['서울', 'seoul'],
      ['요', 'seoul'],
      ['使う', 'mixed'],
      ['postgresql', 'mixed'],
      ['メン', 'kana'],
      ['ﾗｰﾒﾝ', 'kana'],
    ]
    for (const [question, key] of questions)
      expect(await found(subject.storage, question), question).toEqual([`user:alice ${key} 1`])
    for (const question of ['京東', '大阪', '阪', '울서'])
      expect(await found(subject.storage, question), question).toEqual([])
    expect(await found(subject.storage, '東京都', { moment: { knownAt: now } })).toEqual(['user:alice tokyo 1'])
  })
}

function describeMoments(subject: Subject): void {
  it('forgets what was deleted, and finds what came back', async () => {
    const { storage } = subject
    await add(storage, { value: '"alpha"' })
    await storage.memories.delete({ ...tone, author: author() })
    expect(await found(storage, 'alpha')).toEqual([])
    await storage.memories.restore({ ...tone, author: author() })
    expect(await found(storage, 'alpha')).toEqual(['user:alice tone 3'])
    await storage.memories.delete({ ...tone, author: author() })
    await add(storage, { value: '"beta"' })
    expect(await found(storage, 'alpha')).toEqual([])
    expect(await found(storage, 'beta')).toEqual(['user:alice tone 5'])
  })

  it('finds a superseded version only when asked what was known then', async () => {
    const { storage } = subject
    await add(storage, { value: '"alpha"' }, { now: 10 })
    await storage.memories.update({ ...tone, ...toValue('"beta"', { now: 20 }) })
    await storage.memories.delete({ ...tone, author: author({ now: 30 }) })
    expect(await found(storage, 'alpha beta')).toEqual([])
    expect(await found(storage, 'alpha beta', { moment: { knownAt: 9 } })).toEqual([])
    expect(await found(storage, 'alpha beta', { moment: { knownAt: 10 } })).toEqual(['user:alice tone 1'])
    expect(await found(storage, 'alpha beta', { moment: { knownAt: 29 } })).toEqual(['user:alice tone 2'])
    expect(await found(storage, 'alpha', { moment: { knownAt: 29 } })).toEqual([])
    expect(await found(storage, 'alpha beta', { moment: { knownAt: 30 } })).toEqual([])
  })

  it('still finds the old version while the new one is not valid yet, and each at its time', async () => {
    const { storage } = subject
    await add(storage, { value: '"alpha"' })
    await storage.memories.update({ ...tone, ...toValue('"beta"'), validFrom: now + 100 })
    await storage.memories.update({ ...tone, ...toValue('"gamma"'), validFrom: now + 200 })
    expect(await found(storage, 'alpha beta gamma')).toEqual(['user:alice tone 1'])
    expect(await found(storage, 'alpha beta gamma', { now: now + 100 })).toEqual(['user:alice tone 2'])
    expect(await found(storage, 'alpha beta gamma', { moment: { validAt: now + 200 } })).toEqual(['user:alice tone 3'])
    await storage.memories.update({ ...tone, ...toValue('"delta"') })
    for (const validAt of [now, now + 100, now + 200])
      expect(await found(storage, 'alpha beta gamma delta', { moment: { validAt } })).toEqual(['user:alice tone 4'])
  })

  it('finds no version of what is valid only at other times', async () => {
    const { storage } = subject
    await add(storage, { value: '"alpha"', validFrom: now, validTo: now + 10 })
    expect(await found(storage, 'alpha', { now: now - 1 })).toEqual([])
    expect(await found(storage, 'alpha', { now: now + 9 })).toEqual(['user:alice tone 1'])
    expect(await found(storage, 'alpha', { now: now + 10 })).toEqual([])
  })

  it('finds the events that had been recorded', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [anEvent({ content: '{"text":"alpha"}', timestamp: 1 })], { now: 10 })
    await append(storage, [anEvent({ eventId: 'e2', content: '{"text":"alpha"}', timestamp: 1 })], { now: 20 })
    expect(await found(storage, 'alpha', { moment: { knownAt: 9 } })).toEqual([])
    expect(await found(storage, 'alpha', { moment: { knownAt: 10 } })).toEqual(['s1 1'])
    expect((await found(storage, 'alpha', { moment: { knownAt: 20 } })).sort()).toEqual(['s1 1', 's1 2'])
    expect((await found(storage, 'alpha', { moment: { validAt: 0 } })).sort()).toEqual(['s1 1', 's1 2'])
  })

  it('ranks memories and events of the past together, within the limit', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [anEvent({ content: '{"text":"apples and pears"}' })], { now: 10 })
    await add(storage, { value: '"apples only"' }, { now: 10 })
    await storage.memories.update({ ...tone, ...toValue('"bread"', { now: 20 }) })
    const moment = { knownAt: 15 }
    expect(await found(storage, 'apples pears', { moment })).toEqual(['s1 1', 'user:alice tone 1'])
    expect(await found(storage, 'apples pears', { moment, limit: 1 })).toEqual(['s1 1'])
    const { events: _, ...memoriesOnly } = {
      terms: [{ text: 'apples' }],
      memories: {},
      events: {},
      moment,
      now,
      limit: 9,
    }
    expect((await storage.search.lexical(memoriesOnly)).hits).toHaveLength(1)
    const { memories: __, ...eventsOnly } = {
      terms: [{ text: 'apples' }],
      memories: {},
      events: {},
      moment,
      now,
      limit: 9,
    }
    expect((await storage.search.lexical(eventsOnly)).hits).toMatchObject([{ kind: 'event', session: s1.id }])
  })
}

const traps = [
  ...[
    '"',
    '""',
    '"a',
    "'",
    '`',
    '*',
    'a*',
    '^a',
    'a AND',
    'AND',
    'OR',
    'NOT a',
    'NEAR(a b)',
    'NEAR',
    '(a',
    'a)',
    'a:b',
  ],
  ...[
    'title:a',
    '{title} : a',
    'body : a',
    '-a',
    '+a',
    'a-b',
    'a.b',
    'a\\',
    'a;--',
    '%',
    '_',
    'a\u0000b',
    '\ufeff',
    '🗝',
    '[a]',
  ],
  ...['select * from x', "'; drop table x; --", ' '.repeat(50), 'a'.repeat(30_000), 'a '.repeat(30_000), '\ud800'],
]

function describeAnyText(subject: Subject): void {
  it('is a question, with quotes, operators and all', async () => {
    const { storage } = subject
    await add(storage, { value: '"a and b, near title body"' })
    for (const text of traps)
      for (const moment of [{}, { knownAt: now }])
        await expect(found(storage, text, { moment }), text).resolves.toBeInstanceOf(Array)
    expect(await found(storage, 'zebra OR body')).toEqual(['user:alice tone 1'])
    expect(await found(storage, 'title:near')).toEqual(['user:alice tone 1'])
    expect(await found(storage, '"near" (title)')).toEqual(['user:alice tone 1'])
  })

  it('may be a term as it is, since terms are plain text', async () => {
    const { storage } = subject
    await add(storage, { value: '"say \\"hello world\\" twice"' })
    const ask = async (text: string, prefix?: true) => {
      const terms = [{ text, ...(prefix && { prefix }) }]
      return (await storage.search.lexical({ terms, asWritten: true, memories: {}, now, limit: 9 })).hits
    }
    for (const text of ['"', 'a"b', 'x OR hello', 'hello*', '{title}', 'NOT', '(', ''])
      await expect(ask(text), text).resolves.toBeInstanceOf(Array)
    expect(await ask('x OR hello')).toEqual([])
    expect(await ask('hell', true)).toHaveLength(1)
    expect(await ask('hell')).toEqual([])
  })

  it('never fails, and finds itself where it has a word', async () => {
    let count = 0
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 40 }), async (text) => {
        const namespace = `user:any-${count++}`
        await add(subject.storage, { namespace, value: JSON.stringify({ text }) })
        const hits = await found(subject.storage, text, { memories: { namespaces: [namespace] } })
        if (/\p{L}{2}/u.test(text.normalize('NFKC'))) expect(hits).toEqual([`${namespace} tone 1`])
      }),
      { numRuns: 60 },
    )
  })
}
