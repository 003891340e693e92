import { describe, expect, it } from 'vitest'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { countOf, fileWith, readAll, sample } from './read.js'

const path = useTempFolder()
const from = 'claude' as const

describe('a Claude export', () => {
  it('becomes sessions, each block of a message an event in its place', async () => {
    const { of } = await readAll(sample('claude.json'), { from })
    expect(of('session')).toMatchObject([
      {
        id: 'k-garden',
        app: 'claude',
        user: 'alice',
        status: 'active',
        lastSeq: 5,
        createdAt: '2026-01-01T08:00:00.123Z',
        updatedAt: '2026-01-01T08:10:00.000Z',
        metadata: { source: 'claude', title: 'Garden plan', account: { uuid: 'acc-1' } },
      },
      { id: 'k-empty', status: 'created', lastSeq: 0 },
    ])
    expect(of('event').map(({ eventId, type, actor, content }) => [eventId, type, actor, content.text])).toEqual([
      ['u1', 'message', 'user:alice', 'What grows in shade?'],
      ['u2/1', 'reflection', 'agent:claude', 'Shade means ferns.'],
      ['u2/2', 'tool_call', 'agent:claude', undefined],
      ['u2/3', 'tool_call', 'tool:web_search', 'ferns, hostas'],
      ['u2/4', 'message', 'agent:claude', 'Ferns do.\nHostas, too.'],
    ])
    expect(of('event')[2]?.content).toEqual({ block: 'tool_use', name: 'web_search', input: { query: 'shade plants' } })
    expect(of('event').map(({ isFinalResponse }) => isFinalResponse)).toEqual([false, false, false, false, true])
    expect(of('event')[1]?.timestamp).toBe('2026-01-01T08:00:02.000Z')
    expect(of('event')[4]?.timestamp).toBe('2026-01-01T08:00:05.000Z')
  })

  it('keeps what was attached, and says that files are not in the export', async () => {
    const { of, report } = await readAll(sample('claude.json'), { from })
    expect(of('event')[0]?.content).toMatchObject({
      attachments: [{ file_name: 'beds.txt', extracted_content: 'north wall' }],
      files: [{ file_name: 'garden.png' }],
    })
    expect(report.left).toEqual([
      { what: 'files', how: 'the export has their names only, which are kept', count: 1, examples: ['garden.png'] },
    ])
  })

  it('follows the branches that newer exports have', async () => {
    const said = (uuid: string, parent: string, text: string): object => {
      return { uuid, parent_message_uuid: parent, sender: 'human', text, created_at: '2026-01-01T00:00:00Z' }
    }
    const messages = [
      said('a', '00000000', 'one'),
      said('b', 'a', 'two'),
      said('c', 'a', 'two again'),
      said('d', 'c', 'three'),
    ]
    const conversation = { uuid: 'x', current_leaf_message_uuid: 'b', chat_messages: messages }
    const { of } = await readAll(fileWith(path('tree.json'), JSON.stringify([conversation])), { from })
    const [main, fork] = of('session')
    expect([main?.lastSeq, fork?.parent, fork?.forkedAtSeq, fork?.lastSeq]).toEqual([2, 'x', 1, 3])
    expect(
      of('event')
        .filter(({ session }) => session === fork?.id)
        .map(({ content }) => content.text),
    ).toEqual(['two again', 'three'])
  })

  it('takes the text where there are no blocks, and attachments where there is no text', async () => {
    const messages = [
      { uuid: 'a', sender: 'human', text: 'plain', content: [] },
      {
        uuid: 'b',
        sender: 'human',
        text: '',
        content: [],
        attachments: [{ file_name: 'x', extracted_content: 'inside' }],
      },
      { uuid: 'c', sender: 'moderator', text: 'hm' },
      { uuid: 'd', sender: 'human', text: '' },
      'no message',
    ]
    const file = fileWith(
      path('old.json'),
      JSON.stringify([{ uuid: 'x', chat_messages: messages }, { no: 'conversation' }]),
    )
    const { of, report } = await readAll(file, { from })
    expect(of('event').map(({ content }) => content)).toEqual([
      { text: 'plain' },
      { attachments: [{ file_name: 'x', extracted_content: 'inside' }] },
      { text: 'hm' },
    ])
    expect(of('event')[2]?.actor).toBe('system:moderator')
    expect([
      countOf(report.left, 'empty messages'),
      countOf(report.left, 'messages'),
      countOf(report.left, 'items'),
    ]).toEqual([1, 1, 1])
  })

  it('takes what a tool answered in text as text, and keeps the rest beside it', async () => {
    const found = { type: 'knowledge', title: 'Tram 28', text: 'It goes up' }
    const result = (content: unknown) => ({ type: 'tool_result', name: 'look', tool_use_id: 't', content })
    const said = [{ type: 'text', text: 'one' }, found, { type: 'text', text: 'two' }]
    const content = [result(said), result('as it is'), result(null), result([found])]
    const conversation = { uuid: 'c', name: '', chat_messages: [{ uuid: 'm', sender: 'assistant', content }] }
    const { of } = await readAll(fileWith(path('tools.json'), JSON.stringify([conversation])), { from })
    const about = { block: 'tool_result', name: 'look', tool_use_id: 't' }
    expect(of('event').map((event) => event.content)).toEqual([
      { text: 'one\ntwo', ...about, content: [found] },
      { text: 'as it is', ...about },
      about,
      { ...about, content: [found] },
    ])
  })
})
