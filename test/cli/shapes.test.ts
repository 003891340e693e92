import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sample } from '../ops/importers/read.js'
import { addOperationTimes } from './add-histogram.js'
import { useCli } from './run-cli.js'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const page = readFileSync(resolve('docs/cli.md'), 'utf8')
const documented = new Map(
  [...page.matchAll(/^```json ([^\n]+)\n(.*?)^```/gms)].map(([, name = '', text = '']): [string, Json] => [
    name,
    JSON.parse(text),
  ]),
)

/** Fields whose content is the user's own. */
const free = new Set([
  'value',
  'metadata',
  'content',
  'stateDelta',
  'principal',
  'detail',
  'details',
  'input',
  'result',
  'resourceUsage',
])
const freeInState = new Set(['merged', 'session', 'user', 'app', 'project'])

/** The names of all fields with their kinds; null may stand for any text, and a list for its first item. */
function shapeOf(value: Json, isFree = false): unknown {
  if (isFree) return 'free'
  if (value === null || typeof value === 'string') return 'text or null'
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0] ?? null)]
  if (typeof value !== 'object') return typeof value
  const isState = 'merged' in value
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    shapeOf(field, isState ? freeInState.has(name) : free.has(name)),
  ])
  return Object.fromEntries(fields)
}

function expectShape(name: string, answer: Json): void {
  const example = documented.get(name)
  expect(example, `docs/cli.md has no shape '${name}'`).toBeDefined()
  expect(shapeOf(answer)).toEqual(shapeOf(example ?? null))
}

const newCli = useCli()

describe('the shapes in the docs are those of', () => {
  it('init, stats and version', async () => {
    const cairn = newCli()
    expectShape('init', await cairn.json('init'))
    expectShape('stats', await cairn.json('stats'))
    expectShape('version', await cairn.json('version'))
  })

  it('memories', async () => {
    const cairn = newCli()
    await cairn.json('init')
    expectShape('page', await cairn.json('memory list'))
    expectShape('memory', await cairn.json('memory add user:alice:preferences tone 1'))
    expectShape('memory', await cairn.json('memory update user:alice:preferences tone 2'))
    expectShape('memory', await cairn.json('memory rollback user:alice:preferences tone 1'))
    expectShape('namespaces', await cairn.json('memory namespaces'))
    expectShape('deleted memory', await cairn.json('memory delete user:alice:preferences tone'))
    expectShape('memory', await cairn.json('memory restore user:alice:preferences tone'))
    expectShape('memory', await cairn.json('memory get user:alice:preferences tone'))
    const { items } = await cairn.json<{ items: Json[] }>('memory history user:alice:preferences tone')
    expect(items).toHaveLength(5)
    for (const item of items) expectShape('memory', item)
    const list = await cairn.json<{ items: Json[] }>('memory list')
    expectShape('memory', list.items[0] ?? null)
  })

  it('sessions', async () => {
    const cairn = newCli()
    await cairn.json('init')
    const earlier = `session create --id s0 --user alice --app support --state '{"user:lang":"de"}'`
    expectShape('session', await cairn.json(earlier))
    await cairn.json('session terminate s0')
    await cairn.json('session create --id s1 --user alice --app support')
    const delta = '{"topic":"release","user:theme":"dark","user:lang":null}'
    const append = [
      'session',
      'append',
      's1',
      '--actor',
      'user:alice',
      '--text',
      'Ship it',
      '--final',
      '--state-delta',
      delta,
    ]
    expectShape('appended event', await cairn.json(append))
    expectShape('shown session', await cairn.json('session show s1'))
    const list = await cairn.json<{ items: Json[] }>('session list')
    expectShape('page', { ...list, items: [] })
    expectShape('session', list.items[0] ?? null)
    expectShape('session', await cairn.json('session status s1 paused'))
    expectShape('terminated session', await cairn.json('session terminate s1'))
    expectShape('deleted session', await cairn.json('session delete s1 --yes'))
  })

  it('tasks and agents', async () => {
    const cairn = newCli()
    await cairn.json('init')
    const owner = ['--user', 'alice', '--app', 'support']
    expectShape('agent', await cairn.json(['agent', 'spawn', 'tester', '--id', 'w1', ...owner]))
    expectShape('agent', await cairn.json('agent heartbeat w1 --state busy'))
    expectShape('task', await cairn.json(['task', 'submit', 'Draft them', '--id', 'draft', ...owner]))
    await cairn.json(['task', 'submit', 'Publish them', '--id', 'publish', '--depends-on', 'draft', ...owner])
    expectShape('task', await cairn.json('task claim --agent w1'))
    expectShape('task', await cairn.json('task complete draft --attempt 1'))
    expectShape('shown task', await cairn.json('task show publish'))
    await cairn.json(['task', 'submit', 'Announce them', '--id', 'announce', '--depends-on', 'publish', ...owner])
    await cairn.json('task claim --agent w1')
    expectShape('released agents', await cairn.json('agent release-silent --seconds 0'))
    expectShape('cancelled task', await cairn.json('task cancel publish --cascade'))
    expectShape('reprocessed tasks', await cairn.json('task reprocess --all'))
    const lists = ['task list', 'task dead-letters', 'agent list', 'agent silent --seconds 0']
    for (const list of lists) expectShape('page', { ...(await cairn.json<{ items: Json[] }>(list)), items: [] })
    expect(await cairn.json('task claim')).toBeNull()
  })

  it('branches of sessions', async () => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn.json('session create --id s1 --user alice --app support')
    for (const text of ['one', 'two']) await cairn.json(`session append s1 --actor user --text ${text}`)
    const fork = await cairn.json<{ [key: string]: Json }>('session fork s1 --at-seq 1')
    const { sessions } = documented.get('session tree') as { sessions: { [key: string]: Json }[] }
    const { depth: _, ...documentedFork } = sessions[1] ?? {}
    expect(shapeOf(fork)).toEqual(shapeOf(documentedFork))
    expectShape('session tree', await cairn.json('session tree s1'))
    expectShape('rewound session', await cairn.json('session rewind s1 --to-seq 1 --yes'))
  })

  it('changes of memories and their origins', async () => {
    const cairn = newCli()
    await cairn.json('init')
    const tone = 'user:alice:preferences tone'
    await cairn.json(`memory add ${tone} '{"style":"concise"}'`)
    await cairn.json(`memory add user:alice:notes plan 1`)
    for (const at of [tone, 'user:alice:notes plan']) {
      await cairn.json(`memory update ${at} '{"style":"warm"}' --as user=alice,agent=planner`)
    }
    await cairn.json('memory update user:alice:notes plan 3')
    expectShape('diff', await cairn.json(`memory diff ${tone}`))
    const { items } = documented.get('namespace diff') as { items: Json[] }
    const changes = await cairn.json<{ items: Json[] }>('memory diff user:alice --from 2020-01-01 --clock validAt')
    expect(changes.items).toEqual([])
    const added = await cairn.json<{ items: { [key: string]: Json }[] }>('memory diff user:alice --from 2020-01-01')
    expect(shapeOf({ ...added.items[1], before: added.items[1]?.after ?? null })).toEqual(shapeOf(items[0] ?? null))
    expectShape('looked up', await cairn.json('memory lookup tone --within preferences --as user=alice'))
    await cairn.json('session create --id s1 --user alice --app support')
    await cairn.json('session append s1 --actor user --text hi --event-id e1')
    expectShape('origins', await cairn.json(`memory link ${tone} '{"event":{"session":"s1","eventId":"e1"}}'`))
    expectShape('memory', await cairn.json(`memory publish ${tone} project:apollo:conventions`))
    const from = await cairn.json<{ items: Json[] }>(`memory from '{"event":{"session":"s1","eventId":"e1"}}'`)
    expectShape('memory', from.items[0] ?? null)
    expectShape('undo', await cairn.json('memory undo --by agent:planner --since 2020-01-01 --yes'))
    expectShape('seed', await cairn.json('seed --app support'))
  })

  it('checkpoints', async () => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn.json('task submit work --id t1')
    expectShape('checkpoint summary', await cairn.json(`checkpoint put t1 1 '{"step":"read"}'`))
    expectShape('checkpoint', await cairn.json('checkpoint latest t1'))
    expectShape('checkpoint', await cairn.json('checkpoint get t1 1'))
    const list = await cairn.json<{ items: Json[] }>('checkpoint list t1')
    expectShape('checkpoint summary', list.items[0] ?? null)
    expectShape('pruned checkpoints', await cairn.json('checkpoint prune t1 --keep 1 --yes'))
  })

  it('metrics', async () => {
    const cairn = newCli()
    await cairn.json('init')
    expectShape('recorded metric', await cairn.json('metrics record tokens 12 --label model=small'))
    const names = await cairn.json<{ items: Json[]; next: null }>('metrics names')
    expectShape('page', { ...names, items: [] })
    const points = await cairn.json<{ items: Json[] }>('metrics query tokens')
    expectShape('metric', points.items[0] ?? null)
    const buckets = await cairn.json<{ items: Json[] }>('metrics query tokens --bucket 60')
    expectShape('metric bucket', buckets.items[0] ?? null)
    await addOperationTimes(cairn.path('cairn.db'), 'memories.add', [1, 2, 3])
    const operations = await cairn.json<{ items: Json[] }>('metrics operations')
    expectShape('operation', operations.items[0] ?? null)
  })

  it('search and audit', async () => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn.json('memory add user:alice:notes group --text "The support group meets on Mondays."')
    await cairn.json('session create --id s1 --user alice --app support')
    await cairn.json('session append s1 --actor user:alice --text "I went to a support group."')
    expectShape('search', await cairn.json('search "support group" --kind event'))
    const [, memory] = (documented.get('search') as { hits: Json[] }).hits
    const found = await cairn.json<{ hits: Json[] }>('search "support group" --kind memory')
    expect(shapeOf(found.hits[0] ?? null)).toEqual(shapeOf(memory ?? null))
    await cairn.json('memory list')
    expectShape('audit', await cairn.json('audit --namespace user:alice'))
  })

  it('export and import', async () => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn.json('memory add user:alice:preferences tone 1')
    expectShape('export', await cairn.json('export all.jsonl'))
    await cairn.json('memory update user:alice:preferences tone 2')
    expectShape('import', await cairn.json('import all.jsonl'))
    copyFileSync(sample('chatgpt.json'), cairn.path('chatgpt.json'))
    expectShape('foreign import', await cairn.json('import chatgpt.json --from chatgpt --user alice'))
  })

  it('errors', async () => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn.json('memory add user:alice:preferences tone 1')
    await cairn.json('memory update user:alice:preferences tone 2')
    const { code, stderr } = await cairn('memory update user:alice:preferences tone 3 --if-version 1 --json')
    expect(code).toBe(4)
    expectShape('error', JSON.parse(stderr))
    expect(JSON.parse(stderr).error.message).toBe(
      (documented.get('error') as { error: { message: string } }).error.message,
    )
  })

  it('documents', async () => {
    const cairn = newCli()
    await cairn('init')
    mkdirSync(cairn.path('docs'))
    writeFileSync(cairn.path('docs/a.md'), '---\na: [\n---\n# A\n\nharbour\n')
    writeFileSync(cairn.path('docs/b.md'), new Uint8Array([0]))
    expectShape('docs sync', await cairn.json('docs sync docs'))
    expectShape('document', await cairn.json('docs show a.md'))
    expectShape('docs status', await cairn.json('docs status'))
    const { hits } = await cairn.json<{ hits: Json[] }>('search harbour')
    expectShape('document hit', hits[0] ?? null)
  })
})
