import { describe, expect, it } from 'vitest'
import type { Page, Task } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()
const alice = ['--as', 'user=alice,app=support,agent=w1']

async function withTasks(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  await cairn.json(['task', 'submit', 'Draft the notes', '--id', 'draft', '--agent-type', 'writer', ...alice])
  await cairn.json(['task', 'submit', 'Publish them', '--id', 'publish', '--depends-on', 'draft', ...alice])
  return cairn
}

const ids = async (cairn: Cli, args: string) => (await cairn.json<Page<Task>>(args)).items.map(({ id }) => id)

describe('cairn task submit', () => {
  it('takes everything that a task has', async () => {
    const cairn = await withTasks()
    await cairn.json('session create --id s1 --user bob --app support')
    const task = await cairn.json<Task>(
      [
        ...['task', 'submit', '-', '--id', 't', '--agent-type', 'coder', '--priority', '10', '--input', '[1]'],
        ...['--session', 's1', '--parent', 'draft', '--depends-on', 'draft', '--depends-on', 'publish'],
        ...['--timeout-seconds', '60', '--max-retries', '0', '--run-after', '2026-03-01', '--deadline', '2026-04-01'],
        ...['--source', 'agent_planner', '--metadata', '{"a":1}'],
      ],
      { stdin: 'Build\nit\n' },
    )
    expect(task).toMatchObject({
      ...{ id: 't', prompt: 'Build\nit', agentType: 'coder', priority: 10, input: [1], session: 's1', parent: 'draft' },
      ...{ status: 'blocked', timeoutSeconds: 60, maxRetries: 0, runAfter: '2026-03-01T00:00:00.000Z', user: 'bob' },
      ...{ deadline: '2026-04-01T00:00:00.000Z', source: 'agent_planner', metadata: { a: 1 } },
    })
    const { prerequisites } = (await cairn.json<{ dependencies: { prerequisites: unknown[] } }>('task show t'))
      .dependencies
    expect(prerequisites).toHaveLength(2)
  })

  it('says where the task stands', async () => {
    const cairn = await withTasks()
    const later = await cairn(['task', 'submit', 'p', '--id', 'later', '--run-after', '2100-01-01', ...alice])
    expect(later.stdout).toBe('Task later is pending until 2100-01-01 00:00:00Z.\n')
    expect((await cairn(['task', 'submit', 'p', '--id', 'now', ...alice])).stdout).toBe('Task now is ready.\n')
    expect((await cairn(['task', 'submit', 'p', '--id', 'now', ...alice])).code).toBe(0)
    expect((await cairn(['task', 'submit', 'other', '--id', 'now', ...alice])).code).toBe(1)
    expect((await cairn(['task', 'submit', 'p', '--priority', '11'])).code).toBe(2)
    expect((await cairn(['task', 'submit', 'p', '--depends-on', 'nowhere'])).code).toBe(1)
    expect((await cairn(['task', 'submit', 'p', '--user', 'bob', '--app', 'support', ...alice])).code).toBe(3)
  })
})

describe('a worker at the command line', () => {
  it('claims, and completes', async () => {
    const cairn = await withTasks()
    const claimed = await cairn(['task', 'claim', ...alice])
    expect(claimed.stdout).toMatch(/^task +draft\nprompt +Draft the notes\nstatus +running\n/)
    expect(claimed.stdout).toMatch(/\nworker +w1\n/)
    expect((await cairn(['task', 'heartbeat', 'draft', '--attempt', '1', '--lease-seconds', '60'])).stdout).toMatch(
      /^Task draft is kept until \d{4}-/,
    )
    const done = await cairn(['task', 'complete', 'draft', '{"pages":2}', '--attempt', '1', ...alice])
    expect(done.stdout).toBe('Task draft is completed.\n')
    expect(await cairn.json(['task', 'complete', 'draft', '{"pages":2}', '--attempt', '1'])).toMatchObject({
      result: { pages: 2 },
    })
    expect(await cairn(['task', 'complete', 'draft', '--attempt', '9'])).toMatchObject({ code: 4 })
    expect((await cairn('task complete draft')).stderr).toContain('--attempt')
    expect(await ids(cairn, 'task list --status ready')).toEqual(['publish'])
    await cairn.json('task claim')
    expect((await cairn('task complete publish --text done --attempt 1')).code).toBe(0)
  })

  it('finds nothing, or only what it can do', async () => {
    const cairn = await withTasks()
    const nothing = await cairn('task claim --agent-type coder --agent-type tester --wait 0')
    expect(nothing).toEqual({ code: 0, stdout: '', stderr: 'no task is ready\n' })
    expect(await cairn.json('task claim --project apollo')).toBeNull()
    expect(await cairn.json('task claim --session s1')).toBeNull()
    expect(await cairn.json('task claim --agent-type writer --wait 60 --agent w9')).toMatchObject({ claimedBy: 'w9' })
  })

  it('fails, releases and tries again', async () => {
    const cairn = await withTasks()
    await cairn.json('task claim')
    const pending = await cairn(['task', 'fail', 'draft', 'no ink', '--attempt', '1'])
    expect(pending.stdout).toMatch(/^Task draft is pending until .*, for retry 1 of 3\.\n$/)
    await cairn.json('task cancel draft')
    expect((await cairn('task retry draft')).stdout).toBe('Task draft is ready.\n')
    await cairn.json('task claim')
    expect((await cairn('task release draft --attempt 2')).stdout).toBe('Task draft is ready.\n')
    await cairn.json('task claim')
    const dead = await cairn(['task', 'fail', 'draft', 'no paper', '--no-retry', '--attempt', '3'])
    expect(dead.stdout).toBe('Task draft is failed.\n')
    const letters = await cairn('task dead-letters')
    expect(letters.stdout).toMatch(/^task +tries +prompt +error\ndraft +3 +Draft the notes +no paper\n$/)
    for (const wrong of ['task reprocess', 'task reprocess draft --all', 'task reprocess --all --agent-type writer'])
      expect((await cairn(wrong)).code).toBe(2)
    expect((await cairn('task reprocess --agent-type coder')).stdout).toBe('Queued 0 tasks again.\n')
    expect((await cairn('task reprocess draft publish')).stdout).toBe('Queued 1 task again.\n')
    expect((await cairn('task dead-letters')).stderr).toBe('no dead letters\n')
  })
})

describe('whoever leads at the command line', () => {
  it('sees a task with its ends', async () => {
    const cairn = await withTasks()
    const shown = await cairn(['task', 'show', 'publish', ...alice])
    expect(shown.stdout).toMatch(/^task +publish\n/)
    expect(shown.stdout).toMatch(/\n\nwaits for +status +prompt\ndraft +ready +Draft the notes\n$/)
    expect((await cairn('task show draft')).stdout).toMatch(/\n\nwaited for by +status +prompt\npublish +blocked/)
    const missing = { code: 1, stderr: expect.stringContaining('hint: Look for it with cairn task list.') }
    for (const command of ['task show nowhere', 'task cancel nowhere', 'task release nowhere --attempt 1'])
      expect(await cairn(command)).toMatchObject(missing)
  })

  it('lists, in tables that fit', async () => {
    const cairn = await withTasks()
    expect(await ids(cairn, 'task list')).toEqual(['publish', 'draft'])
    expect(await ids(cairn, 'task list --order queue')).toEqual(['draft'])
    expect(await ids(cairn, 'task list --agent-type general')).toEqual(['publish'])
    expect((await cairn('task list --parent draft')).stderr).toBe('no tasks\n')
    const { stdout } = await cairn('task list --limit 1', { columns: 60 })
    expect(stdout).toMatch(/^task +status/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60)
    const one = await cairn('task list --limit 1')
    expect(one.stderr).toMatch(/^There is more: add --cursor /)
  })

  it('cancels, and leaves a trail', async () => {
    const cairn = await withTasks()
    await cairn.json('task claim')
    expect(await cairn('task cancel draft')).toMatchObject({ code: 1 })
    const cancelled = await cairn('task cancel draft --force --cascade')
    expect(cancelled.stdout).toBe('Task draft is cancelled, with 1 task that waited for it.\n')
    const trail = await cairn('audit --task draft', { columns: 160 })
    expect(trail.stdout).toMatch(/root +status task +draft +ok/)
    expect(trail.stdout).toMatch(/agent:w1 +create task +draft +ok/)
  })
})

describe('cairn agent', () => {
  it('keeps track of a worker', async () => {
    const cairn = await withTasks()
    const spawned = await cairn([
      'agent',
      'spawn',
      'scribe',
      '--id',
      'w1',
      '--model',
      'm',
      '--task',
      'draft',
      '--specialization',
      'ink',
      ...alice,
    ])
    expect(spawned.stdout).toBe('Agent w1 is spawning.\n')
    const beat = await cairn(['agent', 'heartbeat', 'w1', '--resource-usage', '{"cpu":0.5}', '--state', 'idle'])
    expect(beat.stdout).toBe('Agent w1 is idle.\n')
    expect((await cairn('agent state w1 busy')).stdout).toBe('Agent w1 is busy.\n')
    expect(await cairn('agent state w1 spawning')).toMatchObject({ code: 1 })
    const shown = await cairn('agent show w1')
    expect(shown.stdout).toMatch(/^agent +w1\nname +scribe\nstate +busy\nspecialization +ink\nmodel +m\ntask +draft\n/)
    expect(shown.stdout).toMatch(/\nuses +\{"cpu":0\.5\}\n/)
    expect((await cairn('agent list --state busy')).stdout).toMatch(
      /^agent +name +state +task +last heard of\nw1 +scribe/,
    )
    expect((await cairn('agent list --state idle')).stderr).toBe('no agents\n')
    expect((await cairn('agent silent --seconds 3600')).stderr).toBe('no agents\n')
    expect((await cairn('agent silent --seconds 0')).stdout).toContain('w1')
    expect((await cairn('agent terminate w1')).stdout).toBe('Agent w1 is terminated.\n')
    expect((await cairn('audit --agent w1', { columns: 160 })).stdout).toMatch(/terminate agent +w1 +ok/)
    for (const command of ['agent show w9', 'agent terminate w9'])
      expect(await cairn(command)).toMatchObject({ code: 1, stderr: expect.stringContaining('cairn agent list') })
  })

  it('releases the silent with their tasks', async () => {
    const cairn = await withTasks()
    await cairn.json(['agent', 'spawn', 'scribe', '--id', 'w1', ...alice])
    await cairn.json(['task', 'claim', ...alice])
    const released = await cairn('agent release-silent --seconds 0')
    expect(released.stdout).toBe('Terminated 1 agent and gave 1 task back.\n')
    expect(await ids(cairn, 'task list --status ready')).toEqual(['draft'])
  })
})
