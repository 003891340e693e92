import { ExtData, encode } from '@msgpack/msgpack'
import { describe, expect, it } from 'vitest'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { countOf, databaseWith, importTwice, readAll } from './read.js'

const path = useTempFolder()
// A key of state has no colon; the end of the name keeps it apart from odd-name.
const oddName = 'odd-name~58b6949d'
const from = 'langgraph' as const

const pythonSchema = `
  create table checkpoints (thread_id text not null, checkpoint_ns text not null default '', checkpoint_id text not null,
    parent_checkpoint_id text, type text, checkpoint blob, metadata blob, primary key (thread_id, checkpoint_ns, checkpoint_id));
  create table writes (thread_id text not null, checkpoint_ns text not null default '', checkpoint_id text not null,
    task_id text not null, task_path text not null default '', idx integer not null, channel text not null, type text, value blob,
    primary key (thread_id, checkpoint_ns, checkpoint_id, task_id, idx));`
const javascriptSchema = pythonSchema.replace("task_path text not null default '', ", '')

/** An instance of a Pydantic class, as Python's serializer packs it. */
function pydantic(module: string, name: string, fields: object): ExtData {
  return new ExtData(5, encode([module, name, fields, 'model_validate_json']))
}

function human(id: string, content: unknown): ExtData {
  const fields = {
    content,
    additional_kwargs: {},
    response_metadata: {},
    type: 'human',
    name: null,
    id,
    example: false,
  }
  return pydantic('langchain_core.messages.human', 'HumanMessage', fields)
}

function ai(id: string, content: unknown, more: object = {}): ExtData {
  const fields = {
    content,
    additional_kwargs: {},
    response_metadata: { model_name: 'm' },
    type: 'ai',
    id,
    tool_calls: [],
    ...more,
  }
  return pydantic('langchain_core.messages.ai', 'AIMessage', fields)
}

interface Checkpoint {
  thread?: string
  ns?: string
  id: string
  parent?: string
  values: object
  more?: object
}

function checkpoint({ thread = 't1', ns = '', id, parent, values, more = {} }: Checkpoint): Record<string, unknown> {
  const content = {
    v: 4,
    id,
    ts: `2026-01-01T00:00:0${id.slice(-1)}.250000+00:00`,
    channel_values: values,
    channel_versions: {},
    versions_seen: { agent: {}, __input__: {} },
    ...more,
  }
  return {
    ...{ thread_id: thread, checkpoint_ns: ns, checkpoint_id: id, parent_checkpoint_id: parent ?? null },
    ...{ type: 'msgpack', checkpoint: Buffer.from(encode(content)) },
    metadata: Buffer.from(JSON.stringify({ source: 'loop', step: Number(id.slice(-1)), user_id: 'bob' })),
  }
}

function write(
  checkpoint_id: string,
  idx: number,
  channel: string,
  value: unknown,
  type = 'msgpack',
): Record<string, unknown> {
  const packed = type === 'msgpack' ? Buffer.from(encode(value)) : value
  return { thread_id: 't1', checkpoint_ns: '', checkpoint_id, task_id: 'task', idx, channel, type, value: packed }
}

const call = { name: 'lookup', args: { city: 'Oslo' }, id: 'call-1', type: 'tool_call' }
const tool = pydantic('langchain_core.messages.tool', 'ToolMessage', {
  ...{ content: 'rainy', type: 'tool', name: 'lookup', id: 'm3', tool_call_id: 'call-1', status: 'success' },
})
const when = new ExtData(3, encode(['datetime', 'datetime', '2026-01-01T12:00:00+00:00', 'fromisoformat']))
const tags = new ExtData(0, encode(['builtins', 'set', ['a', 'b']]))

const python = [
  checkpoint({ id: 'c1', values: { __start__: { messages: [] } } }),
  checkpoint({
    id: 'c2',
    parent: 'c1',
    values: { messages: [human('m1', 'Weather in Oslo?')], 'branch:to:agent': null, plan: 'ask' },
  }),
  checkpoint({
    id: 'c3',
    parent: 'c2',
    values: {
      messages: [human('m1', 'Weather in Oslo?'), ai('m2', '', { tool_calls: [call] })],
      agent: 'agent',
      plan: 'ask',
      when,
    },
  }),
  checkpoint({
    id: 'c4',
    parent: 'c3',
    values: {
      messages: [
        human('m1', 'Weather in Oslo?'),
        ai('m2', '', { tool_calls: [call] }),
        tool,
        ai('m4', [{ type: 'text', text: 'Rain.' }]),
      ],
      ...{ when, tags, 'odd:name': 1 },
    },
  }),
  // Tried another way from the second checkpoint, before it went on.
  checkpoint({ id: 'c0', parent: undefined as never, thread: 't2', values: { messages: [human('x', 'Hello')] } }),
]
const writes = [
  write('c1', 0, 'messages', [human('m1', 'Weather in Oslo?')]),
  write('c4', 0, '__interrupt__', { value: 'sure?' }),
  write('gone', 0, 'messages', []),
]

describe('the database of LangGraph’s saver', () => {
  it('becomes a session for each thread, with messages as events in their order', async () => {
    const file = databaseWith(path('python.db'), pythonSchema, { checkpoints: python, writes })
    const { of } = await readAll(file, { from })
    expect(of('session').map(({ id }) => id)).toEqual(['t1', 't2'])
    const events = of('event').filter(({ session, type }) => session === 't1' && type !== 'state_change')
    expect(
      events.map(({ eventId, type, actor, timestamp, content }) => [
        eventId,
        type,
        actor,
        timestamp.slice(17, 23),
        content,
      ]),
    ).toEqual([
      ['m1', 'message', 'user:alice', '02.250', { text: 'Weather in Oslo?' }],
      ['m2', 'tool_call', 'agent', '03.250', { tool_calls: [call], response_metadata: { model_name: 'm' } }],
      ['m3', 'tool_call', 'tool:lookup', '04.250', { text: 'rainy', tool_call_id: 'call-1' }],
      ['m4', 'message', 'agent', '04.250', { text: 'Rain.', response_metadata: { model_name: 'm' } }],
    ])
  })

  it('keeps the other channels as state, and each change of them as an event', async () => {
    const { of, report } = await readAll(path('python.db'), { from })
    const changes = of('event').filter(({ type }) => type === 'state_change')
    expect(changes.map(({ stateDelta }) => stateDelta)).toEqual([
      { plan: 'ask' },
      { when: '2026-01-01T12:00:00+00:00' },
      { tags: ['a', 'b'], [oddName]: 1, plan: null },
    ])
    expect(of('state').map(({ owner, key, value }) => [owner, key, value])).toEqual([
      ['t1', 'when', '2026-01-01T12:00:00+00:00'],
      ['t1', 'tags', ['a', 'b']],
      ['t1', oddName, 1],
    ])
    expect(report.left.filter(({ what }) => what === 'channels')[0]?.examples).toEqual([
      '__start__',
      'branch:to:agent',
      'agent',
    ])
  })

  it('accounts for every write: applied, waiting, or of no checkpoint', async () => {
    const { of, report } = await readAll(path('python.db'), { from })
    expect(of('session')[0]?.metadata).toMatchObject({
      source: 'langgraph',
      threadId: 't1',
      pendingWrites: [{ checkpoint: 'c4', channel: '__interrupt__', value: { value: 'sure?' } }],
      checkpoint: { step: 4, user_id: 'bob' },
    })
    expect(countOf(report.left, 'writes', 'part of the checkpoint')).toBe(1)
    expect(countOf(report.left, 'writes', 'not there')).toBe(1)
    expect(countOf(report.taken, 'checkpoints')).toBe(5)
  })

  it('keeps another way through time as a fork, and a graph inside a graph as a session', async () => {
    const one = [human('m1', 'one')]
    const checkpoints = [
      checkpoint({ id: 'c1', values: { messages: one, n: 1 } }),
      checkpoint({ id: 'c2', parent: 'c1', values: { messages: [...one, ai('m2', 'two')], n: 2 } }),
      checkpoint({ id: 'c3', parent: 'c1', values: { messages: [...one, ai('m3', 'three')], n: 3 } }),
      checkpoint({ id: 'c4', ns: 'inner:1', values: { messages: [human('i', 'inside')] } }),
    ]
    const { of, report } = await readAll(databaseWith(path('branches.db'), pythonSchema, { checkpoints }), { from })
    const [main, fork, inner] = of('session')
    expect(main).toMatchObject({ id: 't1', lastSeq: 4 })
    expect(fork).toMatchObject({ parent: 't1', forkedAtSeq: 2, lastSeq: 4 })
    expect(inner?.metadata).toMatchObject({ threadId: 't1', checkpointNs: 'inner:1' })
    expect(of('event').filter(({ session }) => session === 't1')[2]?.content.text).toBe('three')
    expect(of('event').filter(({ session }) => session === fork?.id)[0]?.content.text).toBe('two')
    expect(of('state')).toMatchObject([{ key: 'n', value: 3 }])
    expect(countOf(report.mapped, 'branch')).toBe(1)
  })

  it('says which messages were changed and which were taken out', async () => {
    const checkpoints = [
      checkpoint({ id: 'c1', values: { messages: [human('m1', 'one'), ai('m2', 'two')] } }),
      checkpoint({ id: 'c2', parent: 'c1', values: { messages: [ai('m2', 'two, better')] } }),
    ]
    const { of } = await readAll(databaseWith(path('changed.db'), pythonSchema, { checkpoints }), { from })
    expect(
      of('event').map(({ eventId, type, content }) => [eventId, type, content.text ?? content.removedMessages]),
    ).toEqual([
      ['m1', 'message', 'one'],
      ['m2', 'message', 'two'],
      ['m2#3', 'message', 'two, better'],
      [expect.any(String), 'state_change', ['m1']],
    ])
    expect(of('event')[2]?.content.replaces).toBe('m2')
  })

  it('puts together messages that are stored as differences only', async () => {
    const versions = { channel_versions: { messages: '1' } }
    const checkpoints = [
      checkpoint({
        id: 'c1',
        values: { messages: new ExtData(7, encode([[human('m0', 'zero'), human('m1', 'one')]])) },
      }),
      checkpoint({ id: 'c2', parent: 'c1', values: {}, more: versions }),
      checkpoint({ id: 'c3', parent: 'c2', values: {}, more: versions }),
    ]
    const removal = pydantic('langchain_core.messages.modifier', 'RemoveMessage', {
      content: '',
      type: 'remove',
      id: 'm0',
    })
    const changes = [
      write('c1', 0, 'messages', [ai('m2', 'two')]),
      write('c2', 0, 'messages', ai('m3', 'three')),
      write('c2', 1, 'messages', [removal]),
    ]
    const file = databaseWith(path('delta.db'), pythonSchema, { checkpoints, writes: changes })
    const { of } = await readAll(file, { from })
    expect(of('event').map(({ content }) => content.text ?? content)).toEqual([
      'zero',
      'one',
      'two',
      'three',
      { removedMessages: ['m0'] },
    ])
  })

  it('is stored as it is, and a second time found to be there', async () => {
    expect(await importTwice(path('python.db'), from)).toEqual({ session: 2, event: 8, state: 3 })
    expect(await importTwice(path('branches.db'), from)).toMatchObject({ session: 3 })
  })

  it('is read as JavaScript writes it', async () => {
    const message = (name: string, kwargs: object): object => ({
      lc: 1,
      type: 'constructor',
      id: ['langchain_core', 'messages', name],
      kwargs,
    })
    const content = {
      v: 1,
      id: 'c1',
      ts: '2026-01-01T00:00:01.000Z',
      channel_values: {
        messages: [
          message('HumanMessage', { content: 'Hi', id: 'a' }),
          message('AIMessageChunk', { content: 'Ho', id: 'b', name: 'bot' }),
        ],
        seen: { lc: 2, type: 'constructor', id: ['Set'], method: null, args: [[1, 2]], kwargs: {} },
        nothing: { lc: 2, type: 'undefined' },
      },
    }
    const row = {
      thread_id: 't',
      checkpoint_id: 'c1',
      type: 'json',
      checkpoint: JSON.stringify(content),
      metadata: '{"step":1}',
    }
    const older = { ...row, thread_id: 'u', type: 'Checkpoint', checkpoint: Buffer.from(JSON.stringify(content)) }
    const { of } = await readAll(databaseWith(path('js.db'), javascriptSchema, { checkpoints: [row, older] }), { from })
    expect(
      of('event')
        .filter(({ type }) => type === 'message')
        .map(({ session, actor, content }) => [session, actor, content.text]),
    ).toEqual([
      ['t', 'user:alice', 'Hi'],
      ['t', 'agent:bot', 'Ho'],
      ['u', 'user:alice', 'Hi'],
      ['u', 'agent:bot', 'Ho'],
    ])
    expect(of('state').map(({ key, value }) => [key, value])).toEqual([
      ['seen', [1, 2]],
      ['seen', [1, 2]],
    ])
  })

  it('takes messages from another channel, as plain objects, and without ids', async () => {
    const log = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Ho' },
    ]
    const checkpoints = [
      checkpoint({ id: 'c1', values: { count: 1, log: log.slice(0, 1) } }),
      checkpoint({ id: 'c2', parent: 'c1', values: { count: 1, log } }),
    ]
    const { of } = await readAll(databaseWith(path('plain.db'), pythonSchema, { checkpoints }), { from })
    expect(
      of('event')
        .filter(({ type }) => type === 'message')
        .map(({ actor, content }) => [actor, content.text]),
    ).toEqual([
      ['user:alice', 'Hi'],
      ['agent', 'Ho'],
    ])
  })

  it('keeps what it cannot decode as bytes, and says so', async () => {
    const checkpoints = [
      { ...checkpoint({ id: 'c1', values: {} }), checkpoint: Buffer.from([0xc1, 0xff]) },
      checkpoint({
        id: 'c2',
        parent: 'c1',
        values: { odd: new ExtData(99, Buffer.from('?')), broken: new ExtData(5, Buffer.from([0xc1])) },
      }),
    ]
    const pending = [write('c2', 0, 'x', Buffer.from('pickled'), 'pickle')]
    const { of, report } = await readAll(
      databaseWith(path('bytes.db'), pythonSchema, { checkpoints, writes: pending }),
      { from },
    )
    expect(of('state').map(({ value }) => value)).toEqual([
      { '@extension': 99, bytes: { base64: 'Pw==' } },
      { '@extension': 5, bytes: { base64: 'wQ==' } },
    ])
    expect(of('session')[0]?.metadata).toMatchObject({ pendingWrites: [{ value: { base64: 'cGlja2xlZA==' } }] })
    expect(countOf(report.left, 'checkpoints', 'cannot be decoded')).toBe(1)
    expect(countOf(report.mapped, 'writes', 'cannot be decoded')).toBe(1)
  })
})
