import { describe, expect, it } from 'vitest'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { countOf, fileWith, readAll, sample, sampleTime } from './read.js'

const path = useTempFolder()
const from = 'jsonl' as const

describe('messages on lines', () => {
  it('become the events of the sessions that they name, mixed as they may be', async () => {
    const { of } = await readAll(sample('messages.jsonl'), { from, app: 'chat' })
    expect(of('session')).toMatchObject([
      {
        id: 's1',
        app: 'chat',
        lastSeq: 3,
        createdAt: '2026-01-01T10:00:00.000Z',
        updatedAt: '2026-01-01T10:00:10.500Z',
      },
      { id: 's2', lastSeq: 2, createdAt: '2026-01-01T11:00:00.000Z' },
    ])
    expect(
      of('event').map(({ session, seq, eventId, type, actor }) => [session, seq, eventId.slice(0, 6), type, actor]),
    ).toEqual([
      ['s1', 1, '1', 'message', 'user:bob'],
      ['s1', 2, '2', 'message', 'agent'],
      ['s2', 1, expect.any(String), 'message', 'user:alice'],
      ['s1', 3, expect.any(String), 'tool_call', 'tool:calculator'],
      ['s2', 2, expect.any(String), 'message', 'system:oracle'],
    ])
    expect(of('event')[1]?.timestamp).toBe('2026-01-01T10:00:05.000Z')
    expect(of('event')[2]?.content).toEqual({
      text: 'See this',
      parts: [{ type: 'image_url', image_url: { url: 'http://x/y.png' } }],
    })
    expect(of('event')[3]?.content).toEqual({ text: '42', tool_call_id: 'c1' })
  })

  it('are reported where a line is damaged, has no time or a role that is not known', async () => {
    const { report, of } = await readAll(sample('messages.jsonl'), { from })
    expect(report.left).toMatchObject([
      { what: 'lines', count: 1, examples: ['line 7: {"role":"user","content":"cut off'] },
    ])
    expect(countOf(report.mapped, 'timestamp')).toBe(1)
    expect(countOf(report.mapped, 'role')).toBe(1)
    expect(of('event')[4]?.timestamp).toBe('2026-01-01T11:00:00.000Z')
  })

  it('are one session where none is named, and the same one when lines are added', async () => {
    const line = (content: string): string => `${JSON.stringify({ role: 'user', content })}\n`
    const short = await readAll(fileWith(path('talk.jsonl'), line('a')), { from })
    const long = await readAll(fileWith(path('talk.jsonl'), `\ufeff${line('a')}${line('b')}`), { from })
    expect(short.of('session')[0]?.id).toMatch(/^talk~[0-9a-f]{12}$/)
    expect(long.of('session')[0]).toMatchObject({ id: short.of('session')[0]?.id, lastSeq: 2 })
    expect(long.of('event')[0]).toEqual(short.of('event')[0])
    expect(long.of('event')[1]?.timestamp).toBe(new Date(sampleTime).toISOString())
  })

  it('keep their ids apart when one comes twice', async () => {
    const lines = ['x', 'x'].map((id) => JSON.stringify({ role: 'user', content: id, id })).join('\n')
    const { of } = await readAll(fileWith(path('twice.jsonl'), lines), { from })
    expect(of('event').map(({ eventId }) => eventId)).toEqual(['x', 'x#2'])
  })

  it('are read whatever their length, and cut where the store would refuse them', async () => {
    const text = 'wörd '.repeat(300_000)
    const lines = [text, 'short', text].map((content) => JSON.stringify({ role: 'user', content })).join('\n')
    const file = fileWith(path('long.jsonl'), lines)
    const whole = await readAll(file, { from, valueBytes: 10_000_000 })
    expect(whole.of('event').map(({ content }) => content.text)).toEqual([text, 'short', text])
    const { of, report } = await readAll(file, { from })
    const [first, short] = of('event')
    expect(short?.content.text).toBe('short')
    const bytes = Buffer.byteLength(JSON.stringify(first?.content))
    expect([bytes > 800_000, bytes <= 1_048_576]).toEqual([true, true])
    expect(countOf(report.left, 'parts of values', 'raise limits.valueBytes')).toBe(2)
  })

  it('keeps a part that is nothing but text once, and one that says more as it is', async () => {
    const cited = { type: 'output_text', text: 'Hi', annotations: [{ url: 'http://x' }] }
    const line = (role: string, part: object) => JSON.stringify({ role, content: [part] })
    const lines = [line('user', { type: 'input_text', text: 'Hello' }), line('assistant', cited)]
    const { of } = await readAll(fileWith(path('responses.jsonl'), `${lines.join('\n')}\n`), { from })
    expect(of('event').map(({ content }) => content)).toEqual([{ text: 'Hello' }, { text: 'Hi', parts: [cited] }])
  })
})
