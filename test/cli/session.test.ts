import { describe, expect, it } from 'vitest'
import type { AppendResult, Page, Session, SessionEvent } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()
const alice = ['--as', 'user=alice,app=support']

interface Shown {
  session: Session
  state: Record<string, unknown>
  events: Page<SessionEvent>
}

async function withSession(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  await cairn.json('session create --id s1 --user alice --app support')
  return cairn
}

describe('cairn session create', () => {
  it('takes owners from --as or from options', async () => {
    const cairn = await withSession()
    const made = await cairn.json<Session>([
      'session',
      'create',
      ...alice,
      '--project',
      'apollo',
      '--as',
      'project=apollo',
    ])
    expect(made).toMatchObject({ user: 'alice', app: 'support', project: 'apollo', status: 'created' })
    const text = await cairn('session create --id s2 --user bob --app support')
    expect(text.stdout).toBe('Created session s2 of bob in support.\n')
    expect(await cairn('session create --user bob')).toMatchObject({ code: 2 })
    expect(await cairn('session create --id s1 --user bob --app x')).toMatchObject({ code: 1 })
    expect(await cairn(['session', 'create', '--user', 'bob', ...alice])).toMatchObject({ code: 3 })
  })

  it('keeps metadata and initial state', async () => {
    const cairn = await withSession()
    const state = '{"topic":"billing","user:theme":"dark"}'
    await cairn.json(['session', 'create', '--id', 's2', ...alice, '--metadata', '{"x":1}', '--state', state])
    expect(await cairn.json('session show s2')).toMatchObject({
      session: { metadata: { x: 1 }, lastSeq: 1 },
      state: { merged: { topic: 'billing', theme: 'dark' }, user: { theme: 'dark' } },
      events: { items: [{ type: 'state_change' }] },
    })
  })
})

describe('cairn session append', () => {
  it('appends text and JSON, of any type, by anybody', async () => {
    const cairn = await withSession()
    const text = await cairn(['session', 'append', 's1', '--actor', 'user:alice', '--text', 'Ship it on Friday'])
    expect(text.stdout).toMatch(/^Appended event #1 of session s1 \([\da-f-]{36}\)\.\n$/)
    const call = await cairn.json<AppendResult>(
      [
        'session',
        'append',
        's1',
        '-',
        '--type',
        'tool_call',
        '--actor',
        'tool:x',
        '--timestamp',
        '2026-01-01',
        '--final',
      ],
      { stdin: '{"q":1}' },
    )
    expect(call).toMatchObject({
      event: {
        seq: 2,
        type: 'tool_call',
        content: { q: 1 },
        timestamp: '2026-01-01T00:00:00.000Z',
        isFinalResponse: true,
      },
      duplicate: false,
    })
  })

  it('is safe to repeat with an event id', async () => {
    const cairn = await withSession()
    const append = ['session', 'append', 's1', '--actor', 'user', '--text', 'hi', '--event-id', 'e1']
    expect((await cairn(append)).stdout).toBe('Appended event #1 of session s1 (e1).\n')
    expect((await cairn(append)).stdout).toBe('Was there already as event #1 of session s1 (e1).\n')
    expect(await cairn([...append.slice(0, 6), 'else', '--event-id', 'e1'])).toMatchObject({ code: 4 })
    expect(
      await cairn(['session', 'append', 's1', '--actor', 'user', '--text', 'x', '--expected-seq', '0']),
    ).toMatchObject({
      code: 4,
    })
  })

  it('changes state without content', async () => {
    const cairn = await withSession()
    await cairn.json([
      'session',
      'append',
      's1',
      '--actor',
      'system',
      '--type',
      'state_change',
      '--state-delta',
      '{"topic":"x"}',
    ])
    expect(await cairn.json('session show s1')).toMatchObject({
      state: { session: { topic: 'x' } },
      events: { items: [{ content: {}, stateDelta: { topic: 'x' } }] },
    })
  })

  it('takes the actor from --as', async () => {
    const cairn = await withSession()
    const append = async (as: string): Promise<string> =>
      (await cairn.json<AppendResult>(['session', 'append', 's1', '--text', 'x', '--as', as])).event.actor
    expect(await append('user=alice,app=support')).toBe('user:alice')
    expect(await append('user=alice,app=support,agent=planner')).toBe('agent:planner')
  })

  it.each([
    [['s1', '--text', 'x'], 2, /--actor is missing/],
    [['s1', '--actor', 'user'], 2, /neither content nor a state delta/],
    [['s1', '[1]', '--actor', 'user'], 2, /is a JSON object/],
    [['s1', '{"a":1}', '--text', 'x', '--actor', 'user'], 2, /Both CONTENT and --text/],
    [['s1', '--text', 'x', '--actor', 'nobody'], 2, /not an actor/],
    [['none', '--text', 'x', '--actor', 'user'], 1, /no session none/],
  ])('refuses %j', async (args, code, message) => {
    const cairn = await withSession()
    const refused = await cairn(['session', 'append', ...args])
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).toMatch(message)
  })
})

describe('cairn session show', () => {
  async function withEvents(): Promise<Cli> {
    const cairn = await withSession()
    for (let n = 1; n <= 5; n++) await cairn.json(`session append s1 --actor user:alice --text 'turn ${n}'`)
    return cairn
  }
  const seqs = ({ events }: Shown): number[] => events.items.map(({ seq }) => seq)

  it('shows the last events in order, and the ones before by cursor', async () => {
    const cairn = await withEvents()
    const last = await cairn.json<Shown>('session show s1 --events 2')
    expect(seqs(last)).toEqual([4, 5])
    expect(seqs(await cairn.json(`session show s1 --events 2 --cursor ${last.events.next}`))).toEqual([2, 3])
    expect(seqs(await cairn.json('session show s1 --limit 0'))).toEqual([])
    expect(seqs(await cairn.json('session show s1 --events 2 --asc'))).toEqual([1, 2])
    expect(seqs(await cairn.json('session show s1 --events 2 --desc'))).toEqual([5, 4])
    expect(seqs(await cairn.json('session show s1 --type action'))).toEqual([])
    expect(await cairn('session show s1 --asc --desc')).toMatchObject({ code: 2 })
    expect(await cairn('session show none')).toMatchObject({ code: 1 })
  })

  it('is pleasant to read', async () => {
    const cairn = await withSession()
    await cairn.json([
      'session',
      'append',
      's1',
      '{"text":"Ship it","tone":"calm"}',
      '--actor',
      'user:alice',
      '--final',
    ])
    await cairn.json([
      'session',
      'append',
      's1',
      '--actor',
      'system',
      '--state-delta',
      '{"topic":"x","user:theme":"dark"}',
    ])
    const { stdout, stderr } = await cairn('session show s1 --events 1')
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`
    expect(stdout).toMatch(
      new RegExp(
        `^session {2}s1\nstatus {3}active\nuser {5}alice\napp {6}support\ncreated {2}${time}\nupdated {2}${time}\nevents {3}2\n\n` +
          `state {7}value\ntopic {7}x\nuser:theme {2}dark\n\n` +
          `#2 system {2}message {2}${time}\n {2}state: \\{"topic":"x","user:theme":"dark"\\}\n$`,
      ),
    )
    expect(stderr).toMatch(/^There is more: add --cursor \w+\n$/)
    const all = await cairn('session show s1')
    expect(all.stdout).toContain('#1 user:alice  message, final')
    expect(all.stdout).toContain('\n  Ship it {"tone":"calm"}\n')
  })
})

describe('cairn session list', () => {
  it('filters', async () => {
    const cairn = await withSession()
    await cairn.json('session create --id s2 --user bob --app support --project apollo')
    await cairn.json('session append s2 --actor user --text x')
    const ids = async (args: string): Promise<string[]> =>
      (await cairn.json<Page<Session>>(`session list ${args}`)).items.map(({ id }) => id)
    expect((await ids('')).sort()).toEqual(['s1', 's2'])
    expect(await ids('--active')).toEqual(['s2'])
    expect(await ids('--status created')).toEqual(['s1'])
    expect(await ids('--user bob --app support --project apollo')).toEqual(['s2'])
    expect(await ids('--as user=alice,app=support')).toEqual(['s1'])
    expect(await cairn('session list --active --status created')).toMatchObject({ code: 2 })
    expect(await cairn('session list --user nobody')).toMatchObject({ code: 0, stdout: '', stderr: 'no sessions\n' })
    const lines = (await cairn('session list --limit 1', { columns: 100 })).stdout.split('\n')
    expect(lines[0]).toMatch(/^session +status +user +app +project +events +updated$/)
  })

  it('shows titles where sessions have them', async () => {
    const cairn = newCli()
    await cairn.json('init')
    const create = 'session create --user alice --app chat --id'
    await cairn.json([...`${create} s1 --metadata`.split(' '), '{"title":"A trip to Lisbon, by tram"}'])
    await cairn.json([...`${create} s2 --metadata`.split(' '), '{"title":7}'])
    const list = async (columns: number) => (await cairn('session list', { columns })).stdout.split('\n')
    const wide = await list(120)
    expect(wide[0]).toMatch(/^session {2}title +status/)
    expect(wide.find((line) => line.startsWith('s1'))).toContain('A trip to Lisbon, by tram')
    expect((await list(60)).find((line) => line.startsWith('s1'))).toMatch(/A trip to Lis.*…/)
    await cairn.json('session delete s1 --yes')
    expect((await list(120))[0]).toMatch(/^session {2}status/)
  })
})

describe('the end of a session', () => {
  it('comes step by step', async () => {
    const cairn = await withSession()
    await cairn.json(['session', 'append', 's1', '--actor', 'user', '--state-delta', '{"user:theme":"dark"}'])
    expect((await cairn('session status s1 paused')).stdout).toBe('Session s1 is paused.\n')
    expect((await cairn('session terminate s1')).stdout).toBe(
      'Terminated session s1.\nKept user:alice:state theme v1.\n',
    )
    await cairn.json('session create --id s2 --user alice --app support')
    await cairn.json(['session', 'append', 's2', '--actor', 'user', '--state-delta', '{"user:theme":null}'])
    expect((await cairn('session terminate s2')).stdout).toBe(
      'Terminated session s2.\nDeleted user:alice:state theme, which the session had removed.\n',
    )
    expect(await cairn('session append s1 --actor user --text x')).toMatchObject({ code: 1 })
    expect(await cairn('session status s1 active')).toMatchObject({ code: 1 })
    expect(await cairn.json('session status s1 archived')).toMatchObject({ status: 'archived' })
    expect(await cairn('session status s1 gone')).toMatchObject({ code: 2 })
    for (const command of ['terminate none', 'status none active', 'delete none --yes'])
      expect(await cairn(`session ${command}`)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('cairn session list'),
      })
  })

  it('removes nothing without --yes', async () => {
    const cairn = await withSession()
    await cairn.json('session append s1 --actor user --text x')
    const asked = await cairn('session delete s1')
    expect(asked).toMatchObject({ code: 2, stdout: '' })
    expect(asked.stderr).toContain('session s1 with 1 event for good')
    expect((await cairn('session delete s1 --dry-run')).stdout).toBe('Would remove session s1 with 1 event.\n')
    expect(await cairn.json('session show s1')).toBeDefined()
    expect((await cairn('session delete s1 --yes')).stdout).toBe('Removed session s1 with 1 event.\n')
    expect(await cairn('session show s1')).toMatchObject({ code: 1 })
  })
})
