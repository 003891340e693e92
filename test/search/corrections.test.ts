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
      { text: 'habour', weight: expect.any(Number), by: ['harbour'], readAs: ['harbour'] },
      { text: 'open', weight: expect.any(Number), by: ['opens'] },
    ])
  })

  it('finds what no other word of the question finds', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'alice', 'plan', 'The harbour opens in May')
    await remember(cairn, 'alice', 'other', 'Ships come in June')
    expect(await keys(cairn, 'harbuor')).toEqual(['plan'])
    expect(await keys(cairn, 'June harbuor')).toEqual(expect.arrayContaining(['plan', 'other']))
  })

  it.each(['eelphant', 'elpehant', 'ellephant', 'elphant', 'elaphant'])(
    'finds it though one of its first letters is wrong: %s',
    async (word) => {
      const { cairn } = await openStore()
      await remember(cairn, 'alice', 'zoo', 'An elephant was seen')
      await remember(cairn, 'alice', 'other', 'The elegant telephone')
      expect(await keys(cairn.as(alice), word)).toEqual(['zoo'])
      expect(await keys(cairn.as(alice), `${word} qqqqq`)).toEqual(['zoo'])
    },
  )

  it('finds it when another word of the question is misspelt too, in one text or in two', async () => {
    const { cairn } = await openStore()
    await remember(cairn, 'alice', 'both', 'We went sailing from the harbour')
    const { hits } = await cairn.search('saling harbor', { explain: true })
    expect(hits[0]?.explain?.words.map(({ readAs }) => readAs)).toEqual([['sailing'], ['harbour']])
    await cairn.memories.delete('user:alice', 'both')
    await remember(cairn, 'alice', 'one', 'We went sailing')
    await remember(cairn, 'alice', 'two', 'The harbour opens')
    expect((await keys(cairn, 'saling harbor')).sort()).toEqual(['one', 'two'])
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

  it('finds the same whatever words others keep', async () => {
    const { cairn } = await openStore()
    const session = await cairn.as(bob).sessions.create()
    await remember(cairn, 'alice', 'own', 'The company of players went to the island')
    const questions = ['eelphant', 'elehpant', 'compnay', 'comapny eelphant', 'islnad harbuor', 'harbuor saling']
    const ask = () =>
      Promise.all(
        questions.map(async (text) => {
          const { tookMs: _, ...answer } = await cairn.as(alice).search(text, { explain: true })
          return answer
        }),
      )
    const before = await ask()
    await remember(cairn, 'bob', 'secret', 'The elephant of the companion went sailing from the harbour of Iceland')
    const content = { text: 'An elephant, a harbour, sailing, compny, islnad' }
    await cairn.as(bob).sessions.appendEvent(session.id, { type: 'message', actor: 'user', content })
    expect(await ask()).toEqual(before)
    expect(before[2]?.hits).toHaveLength(1)
    expect((await cairn.as(bob).search('eelphant')).hits).toHaveLength(2)
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
