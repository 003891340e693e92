import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCursor, encodeCursor, toPage } from '../src/page.js'
import { refusal, thrown } from './helpers/refusal.js'
import { openStore } from './store.js'

describe('a cursor', () => {
  it('is text that fits a URL and gives its key back', () => {
    const key = fc.tuple(fc.string({ unit: 'grapheme' }), fc.integer())
    fc.assert(
      fc.property(key, (parts) => {
        const cursor = encodeCursor(parts)
        expect(cursor).toMatch(/^[\w-]+$/)
        expect(decodeCursor(cursor, ['string', 'number'])).toEqual(parts)
      }),
    )
  })

  it.each([
    '',
    'x',
    'null',
    '%%%',
    encodeCursor([]),
    encodeCursor(['a']),
    encodeCursor([1, 'a']),
    encodeCursor(['a', 1, 2]),
    Buffer.from('{"0":"a","1":1,"length":2}').toString('base64url'),
    Buffer.from('[null,1]').toString('base64url'),
    Buffer.from('["a",1').toString('base64url'),
  ])('is not %j', (cursor) => {
    const error = thrown(() => decodeCursor(cursor, ['string', 'number']), 'invalid_input')
    expect(error.hint).toContain('`next` of the page before')
  })

  it('that is no cursor at all is refused or harmless, and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          decodeCursor(text, ['number', 'number'])
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_input' })
        }
      }),
    )
  })

  it('of one list is refused by the others', async () => {
    const { cairn } = await openStore()
    const alice = { app: 'shop', user: 'alice' }
    for (const key of ['a', 'b']) {
      await cairn.memories.add({ namespace: `user:${key}`, key, value: 1, type: 'semantic' })
      await cairn.memories.update(`user:${key}`, key, 2)
      const { id } = await cairn.sessions.create(alice)
      await cairn.sessions.setState(id, 'k', 1)
      await cairn.sessions.setState(id, 'k', 2)
    }
    const { id } = (await cairn.sessions.list()).items[0] ?? { id: '' }
    type List = (query: { limit?: number; cursor?: string }) => Promise<{ next: string | null }>
    const lists: Record<string, List> = {
      memories: (query) => cairn.memories.list(query),
      newest: (query) => cairn.memories.list({ ...query, order: 'newest' }),
      history: (query) => cairn.memories.history('user:a', 'a', query),
      namespaces: (query) => cairn.memories.namespaces(query),
      sessions: (query) => cairn.sessions.list(query),
      events: (query) => cairn.sessions.events(id, query),
    }
    const cursors = new Map<string, string>()
    for (const [name, list] of Object.entries(lists)) cursors.set(name, (await list({ limit: 1 })).next ?? '')
    for (const [name, list] of Object.entries(lists)) {
      for (const [from, cursor] of cursors) {
        const numbered = ['history', 'events'].includes(name) && ['history', 'events'].includes(from)
        if (from === name || numbered) await list({ cursor })
        else await refusal(list({ cursor }), 'invalid_input')
      }
    }
  })
})

describe('a page', () => {
  const page = (count: number, limit: number) =>
    toPage(
      Array.from({ length: count }, (_, index) => index),
      limit,
      (row) => `item ${row}`,
      (row) => [row],
    )

  it('has a next one when there is a row too many, after the last that is shown', () => {
    expect(page(3, 2)).toEqual({ items: ['item 0', 'item 1'], next: encodeCursor([1]) })
    expect(page(2, 2)).toEqual({ items: ['item 0', 'item 1'], next: null })
    expect(page(0, 2)).toEqual({ items: [], next: null })
  })
})
