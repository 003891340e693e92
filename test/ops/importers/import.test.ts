import { describe, expect, it } from 'vitest'
import { openCairn } from '../../../src/open.js'
import type { ForeignFormat } from '../../../src/ops/importers/importer.js'
import { refusal } from '../../helpers/refusal.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { fileWith, sample } from './read.js'

const path = useTempFolder()

describe('a file of another tool', () => {
  it.each<[from: ForeignFormat, file: string, added: Record<string, number>]>([
    ['chatgpt', 'chatgpt.json', { session: 3, event: 7 }],
    ['claude', 'claude.json', { session: 2, event: 5 }],
    ['jsonl', 'messages.jsonl', { session: 2, event: 5 }],
    ['mcp-memory', 'memory.jsonl', { memory: 3 }],
    ['mem0', 'mem0.json', { memory: 3 }],
  ])('of %s is stored, and a second time found to be there', async (from, file, added) => {
    await using cairn = await openCairn({ db: path(), threads: false })
    const dry = await cairn.importForeign(sample(file), { from, user: 'alice', dryRun: true })
    const first = await cairn.importForeign(sample(file), { from, user: 'alice' })
    const second = await cairn.importForeign(sample(file), { from, user: 'alice' })
    const counts = (name: 'added' | 'same', report: typeof first) =>
      Object.fromEntries(Object.entries(report.records).map(([kind, count]) => [kind, count[name]]))
    expect(counts('added', dry)).toEqual(added)
    expect(counts('added', first)).toEqual(added)
    expect(counts('same', second)).toEqual(added)
    expect(second.differences).toEqual([])
    expect(first.foreign).toEqual(dry.foreign)
    expect(first.foreign.format).toBe(from)
    const { items } = await cairn.audit.list({ operation: 'import' })
    expect(items).toMatchObject([{ detail: { format: from } }])
  })

  it('can be read, searched and gone on with like everything else', async () => {
    await using cairn = await openCairn({ db: path(), threads: false })
    await cairn.importForeign(sample('chatgpt.json'), { from: 'chatgpt', user: 'alice' })
    const alice = cairn.as({ user: 'alice', app: 'chatgpt' })
    const { hits } = await alice.search('tram')
    expect(hits[0]?.snippet.text).toContain('tram')
    const { event } = await alice.sessions.appendEvent('c-lisbon', {
      type: 'message',
      actor: 'user:alice',
      content: { text: 'Thanks' },
    })
    expect(event.seq).toBe(4)
  })

  it('adds what is new when a newer export comes, and names what has gone on there', async () => {
    await using cairn = await openCairn({ db: path(), threads: false })
    const said = (uuid: string): object => ({ uuid, sender: 'human', text: uuid, created_at: '2026-01-01T00:00:00Z' })
    const talk = (uuid: string, ...messages: object[]): object => ({ uuid, name: 'Talk', chat_messages: messages })
    const file = fileWith(path('talk.json'), JSON.stringify([talk('x', said('a'))]))
    await cairn.importForeign(file, { from: 'claude', user: 'alice' })
    fileWith(file, JSON.stringify([talk('x', said('a'), said('b')), talk('y', said('c'))]))
    const { records, differences } = await cairn.importForeign(file, { from: 'claude', user: 'alice' })
    expect(records.session).toEqual({ added: 1, same: 0, different: 1 })
    expect(differences[0]).toMatchObject({ record: 'session', name: expect.stringContaining('x') })
    expect((await cairn.sessions.get('y'))?.lastSeq).toBe(1)
    expect((await cairn.sessions.get('x'))?.lastSeq).toBe(1)
  })

  it('is refused as a whole when a part of it is damaged', async () => {
    await using cairn = await openCairn({ db: path(), threads: false })
    await refusal(cairn.importForeign(sample('claude.json'), { from: 'chatgpt', user: 'alice' }), 'invalid_input')
    await refusal(cairn.importForeign(sample('claude.json'), { from: 'claude', user: 'a:b' }), 'invalid_input')
    const error = await refusal(
      cairn.importForeign(sample('claude.json'), { from: 'clod' as 'claude', user: 'alice' }),
      'invalid_input',
    )
    expect(error.hint).toContain('abathur')
    await refusal(
      cairn.as({ user: 'alice' }).importForeign(sample('claude.json'), { from: 'claude', user: 'alice' }),
      'forbidden',
    )
    expect((await cairn.info()).rows.sessions).toBe(0)
  })
})
