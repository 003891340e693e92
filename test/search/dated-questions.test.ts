import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { SearchOptions } from '../../src/search/search-inputs.js'
import { openStore, type TestStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }
const bob = { app: 'shop', user: 'bob' }

function say(cairn: Cairn, session: string, text: string, timestamp: string) {
  return cairn.sessions.appendEvent(session, { type: 'message', actor: 'user', content: { text }, timestamp })
}

/** Asked on 1 January 2026. */
async function filled(): Promise<TestStore & { own: Cairn }> {
  const store = await openStore()
  const { cairn, clock, folder } = store
  const [own, other] = [cairn.as(alice), cairn.as(bob)]
  await own.sessions.create({ id: 's1' })
  await own.sessions.create({ id: 's2' })
  await other.sessions.create({ id: 's3' })
  await say(own, 's1', 'We planted the apple tree', '2025-05-07T10:00:00Z')
  await say(own, 's1', 'It rained yesterday', '2025-05-08T10:00:00Z')
  await say(own, 's1', 'You may last longer in the mud', '2025-08-08T10:00:00Z')
  await say(own, 's2', 'The fence was painted', '2025-05-20T10:00:00Z')
  await say(own, 's2', 'Our boat came on 7 May 2025', '2025-09-01T10:00:00Z')
  await say(other, 's3', 'A secret of bob', '2025-05-07T11:00:00Z')
  clock.set(Date.UTC(2025, 4, 7, 12))
  const metadata = { colour: 'red' }
  await own.memories.add({ namespace: 'user:alice', key: 'then', value: 'Likes pears', type: 'semantic', metadata })
  clock.set(Date.UTC(2026, 0, 1))
  await own.memories.add({ namespace: 'user:alice', key: 'now', value: 'Likes plums', type: 'semantic' })
  const docs = join(folder, 'docs')
  mkdirSync(docs)
  writeFileSync(join(docs, 'log.md'), '# Log\n\nThe shed was built in the week of 7 May 2025.\n')
  writeFileSync(join(docs, 'other.md'), '# Other\n\nNothing of any day.\n')
  await cairn.documents.sync(docs, { namespace: 'user:alice' })
  return { ...store, own }
}

async function found(cairn: Cairn, text: string, options: SearchOptions = {}): Promise<string[]> {
  const { hits } = await cairn.search(text, { detail: 'full', limit: 50, ...options })
  return hits.map(({ text: whole }) => (whole ?? '').replaceAll(/^# Log\s+/g, ''))
}

const ofThe7th = [
  'Likes pears',
  'Our boat came on 7 May 2025',
  'The shed was built in the week of 7 May 2025.',
  'We planted the apple tree',
]

describe('a question that is only a date', () => {
  it('finds what is of that time or speaks of it', async () => {
    const { own } = await filled()
    for (const text of ['on 7 May 2025', 'What happened on May 7th, 2025?', 'the day before 8 May 2025'])
      expect((await found(own, text)).slice(0, 5).sort()).toEqual(['It rained yesterday', ...ofThe7th].sort())
  })

  it('finds what is of a month before what only holds its name', async () => {
    const { own } = await filled()
    const answer = await found(own, 'last May')
    expect(answer.slice(0, -1).sort()).toEqual(['It rained yesterday', 'The fence was painted', ...ofThe7th].sort())
    expect(answer.at(-1)).toBe('You may last longer in the mud')
  })

  it('finds it in any year where none is named', async () => {
    const { own } = await filled()
    await say(own, 's1', 'Long ago', '2011-05-07T10:00:00Z')
    expect(await found(own, 'on the 7th of May')).toEqual(expect.arrayContaining([...ofThe7th, 'Long ago']))
  })

  it('finds it within what the caller may read and within the filters', async () => {
    const { cairn, own } = await filled()
    const text = 'on 7 May 2025'
    expect(await found(cairn, text)).toContain('A secret of bob')
    expect(await found(cairn.as(bob), text)).toEqual(['A secret of bob'])
    expect(await found(own, text, { session: 's2' })).toEqual(['Our boat came on 7 May 2025'])
    expect(await found(own, text, { kinds: ['memory'] })).toEqual(['Likes pears'])
    expect(await found(own, text, { metadata: { colour: 'red' } })).toEqual(['Likes pears'])
    expect(await found(own, text, { metadata: { colour: 'blue' } })).toEqual([])
    expect(await found(own, text, { kinds: ['event'], to: '2025-05-08' })).toEqual(['We planted the apple tree'])
    expect(await found(own, text, { namespaces: ['user:alice:notes'] })).toEqual([])
    expect(await found(own, text, { limit: 1, offset: 1 })).toHaveLength(1)
    expect(await found(own, text, { limit: 50, threshold: 0.9 })).toHaveLength(5)
  })

  it('says that the date found it, and its points add up', async () => {
    const { own } = await filled()
    const { hits, degraded } = await own.search('on 7 May 2025', { explain: true })
    expect(degraded).toEqual([])
    expect(hits).toHaveLength(6)
    for (const [place, { score, explain }] of hits.entries()) {
      expect(explain?.evidence.some(({ name }) => name === 'date')).toBe(place < 5)
      expect(explain?.evidence.reduce((all, { points }) => all + points, 0)).toBeCloseTo(score, 4)
    }
  })

  it('may be asked in many words that ask for nothing else', async () => {
    const { own } = await filled()
    const then = (await found(own, 'on 7 May 2025')).slice(0, 5).sort()
    for (const text of [
      ...['2025-05-07', 'what was going on on 7 May 2025', 'show me 7 May 2025', 'tell me about 7 May 2025'],
      ...['events of 7 May 2025', 'what did we talk about on 7 May 2025?', '6-7 May 2025'],
    ])
      expect((await found(own, text)).slice(0, 5).sort()).toEqual(then)
    expect(await found(own, 'anything new since August?')).toEqual(
      expect.arrayContaining(['Likes plums', 'Our boat came on 7 May 2025', 'You may last longer in the mud']),
    )
    expect(await found(own, 'between 15 and 25 May 2025')).toContain('The fence was painted')
    expect(await found(own, 'before 8 May 2025')).toContain('We planted the apple tree')
    expect(await found(own, 'on 9 October 1999')).toEqual([])
  })

  it('finds what was known of that time', async () => {
    const { own, clock } = await filled()
    const knownAt = clock()
    await own.memories.update('user:alice', 'then', 'Likes quinces')
    await say(own, 's1', 'Told too late', '2025-05-07T10:00:00Z')
    for (const text of ['on 7 May 2025', 'kangaroos on 7 May 2025']) {
      expect((await found(own, text, { knownAt })).slice(0, 5).sort()).toEqual(
        ['It rained yesterday', ...ofThe7th].sort(),
      )
      expect((await found(own, text, { knownAt: '2025-05-08' })).sort()).toEqual(['Likes pears'])
      expect(await found(own, text)).not.toContain('Likes pears')
    }
  })

  it('finds the newest of very many', async () => {
    const { own } = await filled()
    const events = Array.from({ length: 700 }, (_, index) => ({
      ...{ type: 'message' as const, actor: 'user', content: { text: `entry ${index}` } },
      timestamp: new Date(Date.UTC(2025, 6, 1, 0, index)).toISOString(),
    }))
    await Promise.all(events.map((event) => own.sessions.appendEvent('s2', event)))
    const answer = await found(own, 'in July 2025', { limit: 100 })
    expect(answer).toHaveLength(100)
    expect(answer[0]).toBe('entry 699')
    expect(await found(own, 'in July 2025', { offset: 650, limit: 100 })).toHaveLength(52)
  })
})

describe('a date beside words', () => {
  it('finds what is of that time after what holds the words, and before what holds little of them', async () => {
    const { own } = await filled()
    await say(own, 's1', 'Flight 2025 was late', '2025-02-02T10:00:00Z')
    const { hits } = await own.search('fence in August 2025', { detail: 'full', explain: true })
    expect(hits.map(({ text }) => text)).toEqual([
      ...['The fence was painted', 'You may last longer in the mud', 'Our boat came on 7 May 2025'],
      ...['Flight 2025 was late', expect.stringContaining('The shed was built')],
    ])
  })

  it('finds them where nothing holds the words, however much else holds those of the date', async () => {
    const { own } = await filled()
    for (let index = 0; index < 30; index++) await say(own, 's2', `You may ${index}`, '2025-10-01T10:00:00Z')
    const answer = await found(own, 'kangaroos on 7 May 2025')
    expect(answer.slice(0, 5).sort()).toEqual(['It rained yesterday', ...ofThe7th].sort())
    const { hits } = await own.search('kangaroos on 7 May 2025', { explain: true, limit: 50 })
    const scores = hits.map(({ score }) => score)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    for (const { score, explain } of hits)
      expect(explain?.evidence.reduce((all, { points }) => all + points, 0)).toBeCloseTo(score, 4)
    const planted = hits.find(({ snippet }) => snippet.text.startsWith('We planted'))
    expect(planted?.explain?.match).toBe(0)
    expect(await found(own, 'kangaroos on 7 May 2025', { threshold: 0.1 })).not.toContain('We planted the apple tree')
  })

  it('finds no more where the words find many', async () => {
    const { own } = await filled()
    for (let index = 0; index < 20; index++) await say(own, 's2', `Fence ${index}`, '2025-10-01T10:00:00Z')
    expect(await found(own, 'fence on 7 May 2025')).not.toContain('We planted the apple tree')
  })
})
