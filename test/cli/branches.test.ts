import { describe, expect, it } from 'vitest'
import type { Session, SessionTree } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()

async function withEvents(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  await cairn.json('session create --id s1 --user alice --app support')
  for (const text of ['one', 'two', 'three']) await cairn.json(`session append s1 --actor user:alice --text ${text}`)
  return cairn
}

const lastSeq = async (cairn: Cli, id: string) =>
  (await cairn.json<{ session: Session }>(`session show ${id}`)).session.lastSeq

describe('cairn session fork', () => {
  it('makes a session that goes on by itself', async () => {
    const cairn = await withEvents()
    const text = await cairn('session fork s1 --at-seq 2 --id s2')
    expect(text).toMatchObject({ code: 0, stdout: 'Created session s2, a fork of s1 at event #2.\n' })
    const shown = await cairn('session show s2')
    expect(shown.stdout).toContain('s1 at event #2')
    expect(shown.stdout).toContain('two')
    expect(shown.stdout).not.toContain('three')
    expect(await cairn.json(`session fork s1 --metadata '{"try":3}'`)).toMatchObject({
      metadata: { try: 3 },
      lastSeq: 3,
    })
  })

  it.each([
    ['session fork none', 1, /no session none/],
    ['session fork s1 --at-seq 9', 2, /no event 9/],
    ['session fork s1 --id s1', 1, /is taken/],
    ['session fork s1 --as user=bob,app=support', 1, /no session s1/],
  ])('%s is refused', async (line, code, message) => {
    const cairn = await withEvents()
    const refused = await cairn(line)
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).toMatch(message)
  })
})

describe('cairn session rewind', () => {
  it('says what it would take back, and does it when it is told to', async () => {
    const cairn = await withEvents()
    const asked = await cairn('session rewind s1 --to-seq 1')
    expect(asked).toMatchObject({ code: 2, stdout: '' })
    expect(asked.stderr).toMatch(/This would take back 2 events of session s1.*--yes/s)
    const dry = await cairn('session rewind s1 --to-seq 1 --dry-run')
    expect(dry).toMatchObject({ code: 0, stdout: 'Would take back 2 events of session s1.\n' })
    expect(await lastSeq(cairn, 's1')).toBe(3)
    const done = await cairn('session rewind s1 --to-seq 1 --branch-id was --yes')
    expect(done.stdout).toBe('Took back 2 events of session s1. They are in session was now.\n')
    expect([await lastSeq(cairn, 's1'), await lastSeq(cairn, 'was')]).toEqual([1, 3])
    const nothing = await cairn.json('session rewind s1 --to-seq 1 --yes')
    expect(nothing).toEqual({ session: 's1', toSeq: 1, events: 0, branch: null, rewound: true })
  })

  it.each([
    ['session rewind s1 --yes', 2, /--to-seq/],
    ['session rewind s1 --to-seq 9 --yes', 2, /no event 9/],
    ['session rewind s1 --to-seq 1 --expected-seq 2 --yes', 4, /at event 3/],
    ['session rewind none --to-seq 1 --yes', 1, /no session none/],
  ])('%s is refused', async (line, code, message) => {
    const cairn = await withEvents()
    const refused = await cairn(line)
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).toMatch(message)
  })
})

describe('cairn session tree', () => {
  it('shows which is a fork of which', async () => {
    const cairn = await withEvents()
    await cairn.json('session fork s1 --id s2 --at-seq 2')
    await cairn.json('session fork s2 --id s3')
    const { stdout } = await cairn('session tree s2')
    const lines = stdout.split('\n').filter((line) => /\bs\d\b/.test(line))
    expect(
      lines.map((line) => /^( *)(s\d)( \*)?/.exec(line.replaceAll(/[│|]/g, ''))?.slice(1, 4).join('')),
    ).toHaveLength(3)
    expect(stdout).toMatch(/s1[\s\S]*s2 \*[\s\S]*s3/)
    const { sessions } = await cairn.json<SessionTree>('session tree s3')
    expect(sessions.map(({ id, depth }) => [id, depth])).toEqual([
      ['s1', 0],
      ['s2', 1],
      ['s3', 2],
    ])
    expect(await cairn('session tree none')).toMatchObject({ code: 1 })
  })

  it('outlives the deletion of what others share', async () => {
    const cairn = await withEvents()
    await cairn.json('session fork s1 --id s2 --at-seq 2')
    await cairn.json('session append s2 --actor user --text other')
    expect(await cairn.json('session delete s2 --dry-run')).toMatchObject({ events: 1 })
    await cairn.json('session delete s1 --yes')
    expect((await cairn('session show s2')).stdout).toContain('one')
  })
})
