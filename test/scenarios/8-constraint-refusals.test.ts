import { expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import { openStore, outcomeOf } from '../store.js'

const memory = { namespace: 'user:alice', key: 'city', value: 'Berlin', type: 'semantic' } as const
const session = { id: 'mine', app: 'support', user: 'alice' }

/** What must be refused, and with which code. */
const wrong: [string, string, (cairn: Cairn) => Promise<unknown>][] = [
  ['JSON that is none', 'invalid_input', (cairn) => cairn.memories.add({ ...memory, key: 'k', value: Number.NaN })],
  [
    'metadata of another shape',
    'invalid_input',
    (cairn) => cairn.memories.add({ ...memory, key: 'k', metadata: [1] as never }),
  ],
  ['an unknown type', 'invalid_input', (cairn) => cairn.memories.add({ ...memory, key: 'k', type: 'fact' as never })],
  ['a namespace without a separator', 'invalid_input', (cairn) => cairn.memories.add({ ...memory, namespace: 'user' })],
  [
    'a namespace with an unknown prefix',
    'invalid_input',
    (cairn) => cairn.memories.add({ ...memory, namespace: 'team:a' }),
  ],
  ['a second memory at a live key', 'already_exists', (cairn) => cairn.memories.add({ ...memory, value: 'Paris' })],
  [
    'a batch with one bad entry',
    'invalid_input',
    (cairn) =>
      cairn.memories.addMany([
        { ...memory, key: 'k' },
        { ...memory, key: '' },
      ]),
  ],
  [
    'a batch with one taken key',
    'already_exists',
    (cairn) =>
      cairn.memories.addMany([
        { ...memory, key: 'k' },
        { ...memory, key: 'tone' },
      ]),
  ],
  ['a second session of an id', 'already_exists', (cairn) => cairn.sessions.create({ ...session, state: { k: 1 } })],
  ['events of another shape', 'invalid_input', (cairn) => cairn.sessions.appendEvents('mine', ['hello'] as never)],
  [
    'an unknown kind of event',
    'invalid_input',
    (cairn) => cairn.sessions.appendEvent('mine', { type: 'shout' as never, actor: 'user', content: {} }),
  ],
  [
    'state of another shape',
    'invalid_input',
    (cairn) => cairn.sessions.create({ ...session, id: 'other', state: [] as never }),
  ],
  ['a value over the limit', 'too_large', (cairn) => cairn.memories.update('user:alice', 'city', 'x'.repeat(2000))],
]

it('whatever breaks a rule is refused with its own words, and nothing is partly written', async () => {
  const { cairn } = await openStore({ limits: { valueBytes: 1024 } })
  await cairn.memories.add(memory)
  await cairn.memories.add({ ...memory, key: 'tone' })
  await cairn.sessions.create(session)
  const everything = async () => ({
    rows: (await cairn.info()).rows,
    memories: await cairn.memories.list(),
    sessions: await cairn.sessions.list(),
    trail: await cairn.audit.list(),
  })
  const before = await everything()
  const messages = new Set<string>()
  for (const [what, code, attempt] of wrong) {
    const outcome = await outcomeOf(() => attempt(cairn))
    if (!('error' in outcome)) expect.fail(`${what} was taken`)
    expect(outcome.error.code, what).toBe(code)
    messages.add(outcome.error.message)
    expect(await everything(), what).toEqual(before)
  }
  expect(messages.size).toBe(wrong.length)
})
