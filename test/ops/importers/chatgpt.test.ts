import { describe, expect, it } from 'vitest'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { countOf, fileWith, readAll, sample, sampleTime } from './read.js'

const path = useTempFolder()
const from = 'chatgpt' as const

describe('a ChatGPT export', () => {
  it('becomes a session for each conversation, along the branch that counts', async () => {
    const { of } = await readAll(sample('chatgpt.json'), { from, project: 'travel' })
    const [lisbon] = of('session')
    expect(lisbon).toMatchObject({
      id: 'c-lisbon',
      app: 'chatgpt',
      user: 'alice',
      project: 'travel',
      status: 'active',
      lastSeq: 3,
      createdAt: '2026-01-01T00:00:00.250Z',
      updatedAt: '2026-01-01T00:10:00.500Z',
      metadata: { source: 'chatgpt', title: 'Trip to Lisbon', default_model_slug: 'gpt-4o' },
    })
    const events = of('event').filter(({ session }) => session === 'c-lisbon')
    expect(events.map(({ eventId, type, actor, content }) => [eventId, type, actor, content.text])).toEqual([
      ['m1', 'message', 'user:alice', 'Where is this tram?'],
      ['m4', 'tool_call', 'agent:chatgpt', 'search("yellow tram")'],
      ['m5', 'tool_call', 'tool:browser', 'Line 28, Lisbon'],
    ])
    // A message without a time has that of the one before.
    expect(events.map(({ timestamp }) => timestamp)).toEqual([
      '2026-01-01T00:00:01.500Z',
      '2026-01-01T00:00:30.000Z',
      '2026-01-01T00:00:30.000Z',
    ])
  })

  it('keeps each other branch as a fork that shares the events before it', async () => {
    const { of, report } = await readAll(sample('chatgpt.json'), { from })
    const fork = of('session').find(({ parent }) => parent === 'c-lisbon')
    expect(fork).toMatchObject({ forkedAtSeq: 1, lastSeq: 3 })
    expect(of('event').filter(({ session }) => session === fork?.id)).toMatchObject([
      {
        seq: 2,
        eventId: 'm2',
        content: { text: 'In Porto.', metadata: { model_slug: 'gpt-4o' } },
        isFinalResponse: true,
      },
      { seq: 3, eventId: 'm3', content: { text: 'Are you sure?' } },
    ])
    expect(countOf(report.mapped, 'branch')).toBe(1)
  })

  it('says what was left: placeholders, files, and what only ChatGPT knows', async () => {
    const { report, of } = await readAll(sample('chatgpt.json'), { from })
    expect(report.taken).toEqual([
      { what: 'events', count: 7 },
      { what: 'sessions', count: 2 },
    ])
    expect(countOf(report.left, 'empty messages')).toBe(1)
    expect(report.left.find(({ what }) => what === 'images and files')?.examples).toEqual(['file-service://file-1'])
    expect(report.left.find(({ what }) => what === 'message metadata')?.examples).toEqual(['request_id', 'timestamp_'])
    expect(of('event')[0]?.content).toMatchObject({ parts: [{ asset_pointer: 'file-service://file-1', width: 8 }] })
  })

  it('archives what was archived, and takes thoughts as reflections', async () => {
    const { of } = await readAll(sample('chatgpt.json'), { from })
    expect(of('session').find(({ id }) => id === 'c-old')).toMatchObject({
      status: 'archived',
      archivedAt: '2023-11-14T22:15:00.000Z',
      terminatedAt: '2023-11-14T22:15:00.000Z',
    })
    expect(of('event').find(({ eventId }) => eventId === 'a1')).toMatchObject({
      type: 'reflection',
      content: {
        text: 'They want milk.',
        contentType: 'thoughts',
        thoughts: [{ summary: 'Milk', content: 'They want milk.' }],
      },
    })
  })

  it('takes what was said aloud, and what sums thoughts up, as text', async () => {
    const message = (id: string, content: object, role = 'assistant') => ({ id, author: { role }, content })
    const sound = { content_type: 'audio_asset_pointer', asset_pointer: 'sediment://file_1', format: 'wav' }
    const spoken = { content_type: 'audio_transcription', text: 'Feed the sourdough', direction: 'in' }
    const mapping = {
      a: { parent: null, message: message('a', { content_type: 'multimodal_text', parts: [spoken, sound] }, 'user') },
      b: { parent: 'a', message: message('b', { content_type: 'reasoning_recap', content: 'Thought for 4 seconds' }) },
      c: { parent: 'b', message: message('c', { content_type: 'thoughts', thoughts: [{ summary: 'Short' }, 7] }) },
    }
    const file = fileWith(path('voice.json'), JSON.stringify([{ id: 'v', mapping, current_node: 'c' }]))
    const { of } = await readAll(file, { from })
    expect(of('event').map(({ content }) => content)).toEqual([
      { text: 'Feed the sourdough', contentType: 'multimodal_text', parts: [sound] },
      { text: 'Thought for 4 seconds', contentType: 'reasoning_recap' },
      { text: 'Short', contentType: 'thoughts', thoughts: [{ summary: 'Short' }, 7] },
    ])
  })

  it('gives the same records each time', async () => {
    const [first, second] = [
      await readAll(sample('chatgpt.json'), { from }),
      await readAll(sample('chatgpt.json'), { from }),
    ]
    expect(second.all).toEqual(first.all)
    expect(second.report).toEqual(first.report)
  })

  it('takes a list inside an object, an object alone, and what newer exports will add', async () => {
    const conversation = {
      id: 'x',
      mapping: { a: { id: 'a', parent: null, message: message('Hi', { new_field: { deep: 1 } }) } },
    }
    for (const content of [{ conversations: [conversation] }, conversation]) {
      const { of } = await readAll(fileWith(path('wrapped.json'), JSON.stringify(content)), { from })
      expect(of('event')).toMatchObject([{ session: 'x', content: { text: 'Hi', new_field: { deep: 1 } } }])
      expect(of('session')[0]?.createdAt).toBe(new Date(sampleTime).toISOString())
    }
  })

  it('loses nothing of a damaged tree: missing parents, circles, roles that are not known', async () => {
    const mapping = {
      a: { id: 'a', parent: 'gone', message: message('one') },
      b: { id: 'b', parent: 'c', message: message('two') },
      c: { id: 'c', parent: 'b', message: message('three', { author: { role: 'critic' } }) },
      d: { id: 'd', parent: 'd', message: message('four') },
      e: 'no node',
    }
    const file = fileWith(path('damaged.json'), JSON.stringify([{ id: 'x', mapping, current_node: 'a' }, 17]))
    const { of, report } = await readAll(file, { from })
    expect(
      of('event')
        .map(({ content }) => content.text)
        .sort(),
    ).toEqual(['four', 'one', 'three', 'two'])
    expect(of('event').find(({ content }) => content.text === 'three')?.actor).toBe('system:critic')
    expect(countOf(report.left, 'nodes')).toBe(1)
    expect(countOf(report.left, 'items')).toBe(1)
    expect(countOf(report.mapped, 'role')).toBe(1)
  })

  it('makes ids and texts valid that would be refused', async () => {
    const long = 'x'.repeat(300)
    const mapping = {
      [long]: { id: long, parent: null, message: { ...message('lone \ud800 half'), id: long } },
      b: { id: 'b', parent: long, message: { ...message('again'), id: long } },
    }
    const file = fileWith(path('names.json'), JSON.stringify([{ id: 'a:b\nc', mapping, current_node: 'b' }]))
    const { of } = await readAll(file, { from })
    expect(of('session')[0]?.id).toMatch(/^a-b c~[0-9a-f]{8}$/)
    expect(of('event').map(({ content }) => content.text)).toEqual(['lone \ufffd half', 'again'])
    expect(new Set(of('event').map(({ eventId }) => eventId)).size).toBe(2)
  })
})

function message(text: string, more: object = {}): object {
  return { author: { role: 'user' }, create_time: null, content: { content_type: 'text', parts: [text] }, ...more }
}
