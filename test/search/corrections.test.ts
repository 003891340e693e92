import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import { openStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }
const bob = { app: 'shop', user: 'bob' }

async function remember(cairn: Cairn, user: string, key: string, value: string): Promise<void> {
  await cairn.memories.add({ namespace: `user:${user}`, key, value, type: 'semantic' })
}

async function keys(cairn: Cairn, text: string, options = {}): Promise<string[]> {
  const { hits } = await cairn.search(text, { kinds: ['memory'], ...options })
  return hits.flatMap((hit) => (hit.kind === 'memory' ? hit.ref.key : []))
}

describe('a misspelt word', () => {
  it('finds what it was meant to be, marks it there, and says so', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'alice', 'plan', 'The harbour opens in May')
    const { hits } = await cairn.search('When does the habour open?', { explain: true })
    expect(hits[0]?.snippet.marks.map(([from, to]) => hits[0]?.snippet.text.slice(from, to))).toEqual([
      'harbour',
      'opens',
    ])
    expect(hits[0]?.explain?.words).toEqual([
      { text: 'habour', weight: expect.any(Number), readAs: ['harbour'] },
      { text: 'open', weight: expect.any(Number) },
    ])
  })

  it('finds what no other word of the question finds', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'alice', 'plan', 'The harbour opens in May')
    await remember(cairn, 'alice', 'other', 'Ships come in June')
    expect(await keys(cairn, 'harbuor')).toEqual(['plan'])
    expect(await keys(cairn, 'June harbuor')).toEqual(expect.arrayContaining(['plan', 'other']))
  })

  it('counts for less than the word itself', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'alice', 'plan', 'The harbour opens')
    const [right] = (await cairn.search('harbour opens')).hits
    const [wrong] = (await cairn.search('harbuor opens')).hits
    expect(wrong?.score).toBeLessThan(right?.score ?? 0)
  })

  it('is what it is where something holds it', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'alice', 'typo', 'The habour opens')
    await remember(cairn, 'alice', 'plan', 'The harbour is full')
    expect(await keys(cairn, 'habour')).toEqual(['typo'])
  })

  it('is never corrected to a word that the caller may not read, nor to one that is deleted', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'bob', 'secret', 'The merger with the harbour company')
    await remember(cairn, 'alice', 'own', 'The company of players')
    const own = cairn.as(alice)
    const ask = (handle: Cairn, text: string) => handle.search(text, { explain: true })
    for (const text of ['harbuor', 'mergr company', 'company harbuor']) {
      const { hits } = await ask(own, text)
      expect(JSON.stringify(hits)).not.toMatch(/harbour|merger|readAs/)
    }
    expect(JSON.stringify(await ask(cairn.as(bob), 'company harbuor'))).toContain('"readAs":["harbour"]')
    await cairn.memories.delete('user:bob', 'secret')
    expect((await ask(cairn.as(bob), 'harbuor')).hits).toEqual([])
  })

  it('is corrected within the filters of the question', async () => {
    const { cairn } = await openStore()
    await cairn.memories.add({
      ...{ namespace: 'user:alice', key: 'red', value: 'harbour', type: 'semantic' },
      metadata: { colour: 'red' },
    })
    expect(await keys(cairn, 'harbuor', { metadata: { colour: 'red' } })).toEqual(['red'])
    expect(await keys(cairn, 'harbuor', { metadata: { colour: 'blue' } })).toEqual([])
  })

  it('is left as it is in what is only like something else', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'alice', 'one', 'formatoin of clouds')
    await remember(cairn, 'alice', 'two', 'formation of soldiers')
    const ref = { namespace: 'user:alice', key: 'one', version: 1 }
    expect((await cairn.similar({ kind: 'memory', ref })).hits).toEqual([])
  })
})
