import { describe, expect, it } from 'vitest'
import type { MemoryDiff, UndoResult } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()
const tone = 'user:alice:preferences tone'
const planner = '--as user=alice,agent=planner'

async function withTone(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  await cairn.json(`memory add ${tone} '{"style":"concise","words":[1]}'`)
  await cairn.json(`memory update ${tone} '{"style":"warm","words":[1,2]}' ${planner}`)
  return cairn
}

describe('cairn memory diff', () => {
  it('shows the places that differ between two versions', async () => {
    const cairn = await withTone()
    const { stdout } = await cairn(`memory diff ${tone}`)
    expect(stdout).toMatch(/^user:alice:preferences tone v1 → v2\n/)
    expect(stdout).toMatch(/\/style.*"concise".*"warm"/)
    expect(stdout).toMatch(/\/words\/1.*2/)
    expect((await cairn(`memory diff ${tone} --from 1 --to 1`)).stdout).toMatch(/The value is the same/)
    expect((await cairn(`memory diff ${tone} --to 1`)).stdout).toMatch(/tone v1\n[\s\S]*\(all\)/)
    await cairn.json(`memory delete ${tone}`)
    expect(await cairn.json<MemoryDiff>(`memory diff ${tone}`)).toMatchObject({ removed: [{ path: '' }] })
  })

  it('shows what changed in a namespace', async () => {
    const cairn = await withTone()
    const { stdout } = await cairn('memory diff user:alice --from 2020-01-01')
    expect(stdout).toMatch(/user:alice:preferences.*tone.*added/)
    const nothing = await cairn('memory diff user:alice --from 2020-01-01 --to 2020-02-01')
    expect(nothing).toMatchObject({ code: 0, stdout: '' })
    expect(nothing.stderr).toMatch(/no changes/)
    await cairn.json('memory add user:alice:preferences length 1')
    const page = await cairn('memory diff user:alice --from 2020-01-01 --limit 1')
    expect(page.stderr).toMatch(/There is more/)
  })

  it.each([
    [`memory diff ${tone} --from 2026-01-01`, 2, /not a version/],
    [`memory diff ${tone} --to 0`, 2, /not a version/],
    [`memory diff ${tone} --clock validAt`, 2, /whole namespace/],
    [`memory diff ${tone} --from 9`, 1, /version 9/],
    ['memory diff user:alice:preferences none', 1, /no memory/],
    ['memory diff user:alice', 2, /--from is missing/],
    ['memory diff user:alice --from 1 --clock other', 2, /knownAt/],
    [`memory diff ${tone} --as user=bob`, 3, /may not read/],
  ])('%s is refused', async (line, code, message) => {
    const cairn = await withTone()
    const refused = await cairn(line)
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).toMatch(message)
  })
})

describe('cairn memory undo', () => {
  const undo = 'memory undo --by agent:planner --since 2020-01-01'

  it('says what it would take back, and does it when it is told to', async () => {
    const cairn = await withTone()
    await cairn.json('memory add user:alice:notes plan 1')
    await cairn.json(`memory update user:alice:notes plan 2 ${planner}`)
    await cairn.json('memory update user:alice:notes plan 3')
    await cairn.json(`memory add user:alice:notes new 1 ${planner}`)
    const asked = await cairn(undo)
    expect(asked).toMatchObject({ code: 2, stdout: '' })
    expect(asked.stderr).toMatch(/would take back 2 changes/)
    const dry = await cairn(`${undo} --dry-run`)
    expect(dry.stdout).toMatch(/tone.*v2 → v1.*rolled back/)
    expect(dry.stdout).toMatch(/new.*v1.*deleted/)
    expect(dry.stdout).toMatch(/plan.*v3.*left: root changed it/)
    expect(dry.stdout).toMatch(/Would take back 2 changes\. Left 1 that others have changed since\.\n$/)
    expect(await cairn.json(`memory get ${tone}`)).toMatchObject({ version: 2 })
    expect(await cairn.json<UndoResult>(`${undo} --yes`)).toMatchObject({ done: true, undone: [{}, {}], skipped: [{}] })
    expect(await cairn.json(`memory get ${tone}`)).toMatchObject({ version: 3, value: { style: 'concise' } })
    expect((await cairn(`${undo} --namespace user:alice:preferences --yes`)).stdout).toBe('Took back 0 changes.\n')
  })

  it('needs to know whose, and since when', async () => {
    const cairn = await withTone()
    expect(await cairn('memory undo --by agent:planner --yes')).toMatchObject({ code: 2 })
    expect(await cairn('memory undo --since 2020-01-01 --yes')).toMatchObject({ code: 2 })
    expect(await cairn(`${undo} --namespace user:alice --as user=bob --yes`)).toMatchObject({ code: 3 })
  })
})

describe('cairn memory publish, origins and from', () => {
  it('copy a memory, and lead from one to the other', async () => {
    const cairn = await withTone()
    const to = 'project:apollo:conventions'
    const { stdout } = await cairn(`memory publish ${tone} ${to} --key style`)
    expect(stdout).toBe(`Published as ${to} style v1.\n`)
    expect((await cairn(`memory origins ${to} style`, { columns: 120 })).stdout).toMatch(
      /memory user:alice:preferences tone v2.*root/,
    )
    const source = '{"memory":{"namespace":"user:alice:preferences","key":"tone"}}'
    expect((await cairn(['memory', 'from', source])).stdout).toMatch(/conventions.*style.*1/)
    expect(await cairn(`memory publish ${tone} ${to} --key style --if-version 3`)).toMatchObject({ code: 4 })
    expect(await cairn(`memory publish user:alice:preferences none ${to}`)).toMatchObject({ code: 1 })
    expect(await cairn(`memory publish ${tone} ${to} --as user=alice`)).toMatchObject({ code: 3 })
  })

  it('are named with a new version', async () => {
    const cairn = await withTone()
    await cairn.json('session create --id s1 --user alice --app support')
    await cairn.json('session append s1 --actor user --text hi --event-id e1')
    const event = '{"event":{"session":"s1","eventId":"e1"}}'
    const page = '{"document":{"path":"notes.md"}}'
    const style = 'user:alice:preferences style'.split(' ')
    await cairn.json(['memory', 'add', ...style, '"short"', '--origin', event, '--origin', page])
    expect(await cairn.json(['memory', 'origins', ...style])).toMatchObject({
      origins: [JSON.parse(page), JSON.parse(event)],
    })
    await cairn.json(['memory', 'update', ...style, '"long"', '--origin', page])
    expect(await cairn.json(['memory', 'origins', ...style])).toMatchObject({
      version: 2,
      origins: [JSON.parse(page)],
    })
    const none = '{"event":{"session":"s1","eventId":"none"}}'
    expect(await cairn(['memory', 'update', ...style, '1', '--origin', none])).toMatchObject({ code: 1 })
    const refused = await cairn(['memory', 'update', ...style, '1', '--origin', '3'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain(`--origin '${page}'`)
  })

  it('name events and documents, too', async () => {
    const cairn = await withTone()
    await cairn.json('session create --id s1 --user alice --app support')
    await cairn.json('session append s1 --actor user --text hi --event-id e1')
    const none = await cairn(`memory origins ${tone}`)
    expect([none.stdout, none.stderr.trim()]).toEqual(['', 'no origins'])
    await cairn.json(['memory', 'link', ...tone.split(' '), '{"event":{"session":"s1","eventId":"e1"}}'])
    const origin = '{"document":{"path":"notes.md","heading":"Style","lines":[3,9]}}'
    const { stdout } = await cairn(['memory', 'link', ...tone.split(' '), origin], { columns: 120 })
    expect(stdout).toMatch(/event e1 of session s1/)
    expect(stdout).toMatch(/document notes\.md:3-9, Style/)
    const nothing = await cairn(['memory', 'from', '{"document":{"path":"other.md"}}'])
    expect(nothing).toMatchObject({ code: 0, stdout: '' })
    expect(await cairn(`memory link ${tone} notes.md`)).toMatchObject({ code: 2 })
    expect(await cairn(['memory', 'link', ...tone.split(' '), '{"url":"x"}'])).toMatchObject({ code: 2 })
    expect(await cairn('memory origins user:alice none')).toMatchObject({ code: 1 })
  })
})

describe('cairn memory lookup', () => {
  it('reads the nearest, and says what it hides', async () => {
    const cairn = await withTone()
    await cairn.json('memory add app:support:preferences tone \'"formal"\'')
    const { stdout } = await cairn('memory lookup tone --within preferences --as user=alice,app=support')
    expect(stdout).toMatch(/^user:alice:preferences tone v2 from user\n/)
    expect(stdout).toMatch(/hides.*app: formal/)
    const other = await cairn('memory lookup tone --within preferences --as user=bob,app=support')
    expect(other.stdout).toMatch(/^app:support:preferences tone v1 from app\n\nformal\n$/)
    const none = await cairn('memory lookup none --as user=alice')
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(await cairn('memory lookup tone')).toMatchObject({ code: 2 })
  })
})

describe('cairn seed', () => {
  it('adds what an app begins with, once', async () => {
    const cairn = newCli()
    await cairn.json('init')
    const { stdout } = await cairn('seed --app support')
    expect(stdout.match(/created/g)).toHaveLength(3)
    expect((await cairn('seed --app support')).stdout.match(/unchanged/g)).toHaveLength(3)
    expect(await cairn('seed')).toMatchObject({ code: 2 })
    expect(await cairn('seed --app a:b')).toMatchObject({ code: 2 })
    expect(await cairn('seed --app support --as app=other')).toMatchObject({ code: 3 })
  })
})
