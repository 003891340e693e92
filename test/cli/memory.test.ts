import { describe, expect, it } from 'vitest'
import type { Memory, Page } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()

async function initted(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  return cairn
}

const tone = 'user:alice:preferences tone'

describe('the commands of the issue', () => {
  it('work as written', async () => {
    const cairn = await initted()
    const added = await cairn(`memory add ${tone} '{"style":"concise"}' --type semantic`)
    expect(added).toEqual({ code: 0, stdout: `Added ${tone} v1.\n`, stderr: '' })
    const got = await cairn(`memory get ${tone} --json`)
    expect(JSON.parse(got.stdout)).toMatchObject({ key: 'tone', version: 1, value: { style: 'concise' } })
    const listed = await cairn('memory list --namespace user:alice --type semantic --json')
    expect(JSON.parse(listed.stdout)).toMatchObject({ items: [{ key: 'tone' }], next: null })
    const searched = await cairn('search "concise style" --kind event,memory --limit 10 --json')
    expect(JSON.parse(searched.stdout)).toMatchObject({ hits: [{ kind: 'memory' }], degraded: [] })
    expect(await cairn(`memory delete ${tone}`)).toMatchObject({ code: 0 })
    expect(await cairn(`memory get ${tone}`)).toMatchObject({ code: 1, stdout: '' })
    expect(await cairn(`memory delete ${tone}`)).toMatchObject({ code: 1, stdout: '' })
  })
})

describe('cairn memory add', () => {
  it('keeps metadata, valid time and expiry', async () => {
    const cairn = await initted()
    const flags = '--valid-from 2026-01-01 --valid-to 2026-02-01 --expires-at 2099-01-01'
    const memory = await cairn.json(['memory', 'add', 'user:a', 'k', '1', '--metadata', '{"x":1}', ...flags.split(' ')])
    expect(memory).toMatchObject({
      type: 'semantic',
      value: 1,
      metadata: { x: 1 },
      validFrom: '2026-01-01T00:00:00.000Z',
      validTo: '2026-02-01T00:00:00.000Z',
      expiresAt: '2099-01-01T00:00:00.000Z',
    })
  })

  it('takes plain text behind --text, and stdin for -', async () => {
    const cairn = await initted()
    expect(await cairn.json(['memory', 'add', 'user:a', 'k1', '--text', 'Lives in Porto'])).toMatchObject({
      value: 'Lives in Porto',
    })
    expect(await cairn.json('memory add user:a k2 -', { stdin: '{"a":[1]}' })).toMatchObject({ value: { a: [1] } })
    expect(await cairn.json('memory add user:a k3 --text -', { stdin: 'two\nlines\n' })).toMatchObject({
      value: 'two\nlines',
    })
    expect(await cairn.json('memory add user:a k4 -7.5')).toMatchObject({ value: -7.5 })
  })

  it('makes a key for an episodic memory', async () => {
    const cairn = await initted()
    const json = await cairn.json<Memory>(['memory', 'add', 'user:a', '{"shipped":"1.4"}', '--type', 'episodic'])
    expect(json).toMatchObject({ value: { shipped: '1.4' }, key: expect.stringMatching(/^[\da-f-]{36}$/) })
    const text = await cairn.json<Memory>('memory add user:a --type episodic --text shipped')
    expect(text).toMatchObject({ value: 'shipped', key: expect.stringMatching(/^[\da-f-]{36}$/) })
    const named = await cairn.json<Memory>('memory add user:a mine --type episodic --text shipped')
    expect(named.key).toBe('mine')
  })

  it.each([
    [['user:a', 'k', 'hello'], /VALUE is not JSON/, /--text "some text"/],
    [['user:a', 'k'], /VALUE is missing/, /--text/],
    [['user:a', 'k', '1', '--text', 'x'], /Both VALUE and --text/, /one of them/],
    [['user:a', 'k', '12345678901234567890'], /12345678901234567890/, /Write it as text/],
    [['user:a', 'k', '{"ids":[1,-9007199254740993]}'], /-9007199254740993/, /Write it as text/],
    [['user:a', 'k', '1', '--metadata', '[1]'], /--metadata is not a JSON object/, /"source"/],
    [['user:a', 'k', '1', '--metadata', 'x'], /--metadata is not JSON/, /"source"/],
    [['user:a', 'k', '1', '--type', 'sematic'], /Allowed choices are semantic/, /--help/],
    [['nowhere', 'k', '1'], /not a namespace/, /user:alice:preferences/],
    [['user:a', '--text', 'x'], /needs a key/, /episodic/],
  ])('refuses %j', async (args, message, hint) => {
    const cairn = await initted()
    const { code, stdout, stderr } = await cairn(['memory', 'add', ...args])
    const [error, next] = stderr.split('\n')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(error).toMatch(message)
    expect(next).toMatch(hint)
  })

  it('takes large numbers in strings, and fractions', async () => {
    const cairn = await initted()
    const value = '{"id":"12345678901234567890","big":1e300,"share":0.12345678901234567890}'
    expect(await cairn(['memory', 'add', 'user:a', 'k', value])).toMatchObject({ code: 0 })
  })

  it('refuses what is not UTF-8, what is too large, and what is there already', async () => {
    const cairn = await initted()
    const notText = await cairn('memory add user:a k -', { stdin: new Uint8Array([0xff, 0xfe]) })
    expect(notText).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('stdin is not UTF-8 text.\nhint: Convert it'),
    })
    const large = JSON.stringify('x'.repeat(1_100_000))
    expect(await cairn('memory add user:a k -', { stdin: large })).toMatchObject({ code: 2 })
    expect(await cairn('memory add user:a k 1')).toMatchObject({ code: 0 })
    expect(await cairn('memory add user:a k 1')).toMatchObject({ code: 1 })
  })
})

describe('the versions of a memory', () => {
  it('grow by update, delete, restore and rollback', async () => {
    const cairn = await initted()
    await cairn.json('memory add user:a k 1')
    expect(await cairn('memory update user:a k 2 --if-version 1')).toMatchObject({ stdout: 'Updated user:a k v2.\n' })
    expect(await cairn('memory update user:a k 3 --if-version 1')).toMatchObject({ code: 4, stdout: '' })
    const deleted = await cairn('memory delete user:a k --if-version 2')
    expect(deleted.stdout).toBe('Deleted user:a k.\n')
    expect(deleted.stderr).toContain('cairn memory restore user:a k')
    expect(await cairn.json('memory list --deleted')).toMatchObject({ items: [{ key: 'k', deleted: true }] })
    expect(await cairn('memory restore user:a k')).toMatchObject({ stdout: 'Restored user:a k v4.\n' })
    const rolled = await cairn('memory rollback user:a k 1 --if-version 4')
    expect(rolled.stdout).toBe('Rolled back to the value of v1: user:a k v5.\n')
    expect(await cairn.json('memory get user:a k')).toMatchObject({ value: 1, version: 5 })
    expect(await cairn.json('memory get user:a k --version 2')).toMatchObject({ value: 2 })
    const history = await cairn.json<Page<Memory>>('memory history user:a k --limit 2')
    expect(history.items.map(({ version }) => version)).toEqual([5, 4])
    const rest = await cairn.json<Page<Memory>>(['memory', 'history', 'user:a', 'k', '--cursor', `${history.next}`])
    expect(rest.items.map(({ version }) => version)).toEqual([3, 2, 1])
  })

  it('lose an expiry by --expires-at never', async () => {
    const cairn = await initted()
    const { stdout } = await cairn('memory update --help', { columns: 200 })
    expect(stdout).toContain('(ISO 8601); or the word `never`, to take an expiry away')
    await cairn.json('memory add user:a k 1 --expires-at 2099-01-01')
    expect(await cairn.json('memory update user:a k 2')).toMatchObject({ expiresAt: '2099-01-01T00:00:00.000Z' })
    expect(await cairn.json('memory update user:a k 3 --expires-at never')).toMatchObject({ expiresAt: null })
  })

  it('are asked about on both clocks', async () => {
    const cairn = await initted()
    await cairn.json('memory add user:a city --text Lisbon --valid-to 2026-03-01')
    const second = await cairn.json<Memory>('memory update user:a city --text Porto --valid-from 2026-03-01')
    expect(await cairn.json('memory get user:a city --valid-at 2026-02-01')).toMatchObject({ value: 'Lisbon' })
    expect(await cairn.json('memory get user:a city --valid-at 2026-04-01')).toMatchObject({ value: 'Porto' })
    expect(await cairn('memory get user:a city --known-at 2020-01-01')).toMatchObject({ code: 1 })
    const known = ['--valid-at', '2026-04-01', '--known-at', second.recordedAt]
    expect(await cairn.json(['memory', 'list', ...known])).toMatchObject({ items: [{ value: 'Porto' }] })
  })

  it('come back within the time in which they were true, which is said', async () => {
    const cairn = await initted()
    await cairn.json('memory add user:a home --text Porto')
    await cairn.json('memory update user:a home --text Lisbon --valid-from 2035-06-01')
    await cairn.json('memory delete user:a home')
    expect((await cairn('memory restore user:a home')).stdout).toBe(
      'Restored user:a home v5, true from 2035-06-01 00:00:00Z.\n',
    )
    expect(await cairn.json('memory get user:a home')).toMatchObject({ value: 'Porto' })
    const rolled = await cairn('memory rollback user:a home 1 --valid-to 2030-01-01')
    expect(rolled.stdout).toBe('Rolled back to the value of v1: user:a home v6, true until 2030-01-01 00:00:00Z.\n')
    await cairn.json('memory delete user:a home')
    const one = await cairn.json('memory restore user:a home --version 2 --valid-to 2036-01-01 --expires-at never')
    expect(one).toMatchObject({ value: 'Lisbon', validFrom: '2035-06-01T00:00:00.000Z', expiresAt: null })
    expect(one).toMatchObject({ version: 8, validTo: '2036-01-01T00:00:00.000Z' })
  })

  it('are not given an expiry that has passed', async () => {
    const cairn = await initted()
    expect(await cairn('memory add user:a k 1 --expires-at 2020-01-01')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: expiresAt is not a time to come: 2020-01-01T.*\nhint: Give a later time/),
    })
  })

  it('that never were exit with 1', async () => {
    const cairn = await initted()
    expect(await cairn('memory history user:a k')).toMatchObject({ code: 1, stdout: '' })
    expect(await cairn('memory rollback user:a k 1')).toMatchObject({ code: 1 })
    expect(await cairn('memory restore user:a k')).toMatchObject({ code: 1 })
    expect(await cairn("memory get user:a 'a key'")).toMatchObject({
      stderr: expect.stringContaining("cairn memory history user:a 'a key'"),
    })
  })

  it('are shown to people', async () => {
    const cairn = await initted()
    await cairn.json([
      'memory',
      'add',
      'user:a',
      'k',
      '{"a":[1]}',
      '--metadata',
      '{"x":1}',
      '--valid-from',
      '2026-01-01',
    ])
    await cairn.json('memory update user:a k --text "new\nlines" --valid-to 2099-01-01 --expires-at 2099-06-01')
    const first = await cairn('memory get user:a k --version 1')
    expect(first.stdout).toMatch(
      /^user:a k v1 semantic\n\n\{\n {2}"a": \[\n {4}1\n {2}\]\n\}\n\nvalid {5}from 2026-01-01 00:00:00Z\nmetadata {2}\{"x":1\}\nrecorded {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ by root\n$/,
    )
    const second = await cairn('memory get user:a k')
    expect(second.stdout).toContain('\nnew\nlines\n')
    expect(second.stdout).toContain('valid     until 2099-01-01 00:00:00Z\nexpires   2099-06-01 00:00:00Z\n')
    await cairn.json('memory delete user:a k')
    expect((await cairn('memory get user:a k --version 3')).stdout).toContain('\n(deleted)\n')
    const history = (await cairn('memory history user:a k', { columns: 120 })).stdout.split('\n')
    expect(history[0]).toMatch(/^v {2}recorded +by +value +valid$/)
    expect(history[1]).toMatch(/^3 .* root {2}\(deleted\)/)
    expect(history[3]).toMatch(/^1 .* root {2}\{"a":\[1\]\} +from 2026-01-01 00:00:00Z$/)
  })
})

describe('cairn memory list', () => {
  it('filters, orders and pages', async () => {
    const cairn = await initted()
    await cairn.json(['memory', 'add', 'user:a:x', 'k1', '1', '--metadata', '{"s":"chat"}', '--as', 'user=a,agent=p'])
    await cairn.json('memory add user:a:y k2 2 --type procedural')
    await cairn.json('memory add user:ab k3 3')
    const keys = async (args: string[]): Promise<string[]> => {
      const page = await cairn.json<Page<Memory>>(['memory', 'list', ...args])
      return page.items.map(({ key }) => key)
    }
    expect(await keys(['--namespace', 'user:a'])).toEqual(['k1', 'k2'])
    expect(await keys(['--type', 'procedural'])).toEqual(['k2'])
    expect(await keys(['--metadata', '{"s":"chat"}'])).toEqual(['k1'])
    expect(await cairn(['memory', 'list', '--metadata', '{"s":{}}'])).toMatchObject({
      code: 2,
      stderr:
        'error: list: metadata.s: expected text, a number, true, false, null or a list of 1 to 100 of them, received an object.\n' +
        'hint: Correct what is named here and call again.\n',
    })
    expect(await keys(['--created-by', 'agent:p'])).toEqual(['k1'])
    expect(await keys(['--newest'])).toEqual(['k3', 'k2', 'k1'])
    const first = await cairn.json<Page<Memory>>('memory list --limit 2')
    expect(await keys(['--cursor', `${first.next}`])).toEqual(['k3'])
    const text = await cairn('memory list --limit 2')
    expect(text.stderr).toBe(`There is more: add --cursor ${first.next}\n`)
  })

  it('fits the terminal', async () => {
    const cairn = await initted()
    await cairn.json(['memory', 'add', 'user:alice:notes', 'note-1', '--text', 'word '.repeat(100)])
    await cairn.json('memory add user:alice:preferences tone 1')
    const wide = (await cairn('memory list', { columns: 120 })).stdout.split('\n')
    expect(wide[0]).toMatch(/^namespace +key +v +type +value +recorded$/)
    expect(wide[1]).toMatch(/^user:alice:notes +note-1 +1 {2}semantic {2}word .*… +\d{4}-\d\d-\d\d \d\d:\d\dZ$/)
    const narrow = (await cairn('memory list', { columns: 50 })).stdout.split('\n')
    expect(narrow[0]).toMatch(/^namespace +key +value$/)
    const narrowest = (await cairn('memory list', { columns: 30 })).stdout.split('\n')
    expect(narrowest.slice(0, 4)).toEqual([
      'user:alice:notes note-1',
      'v1 semantic',
      '  word word word word word',
      '  word word word word word…',
    ])
    await cairn.json([
      'memory',
      'add',
      'user:alice:a-rather:deep:namespace',
      `a key of many words ${'long'.repeat(20)}`,
      '1',
    ])
    for (const columns of [20, 40, 46, 60, 80, 160]) {
      const { stdout } = await cairn('memory list', { env: { COLUMNS: `${columns}` } })
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns)
    }
  })

  it('says so when there is nothing', async () => {
    const cairn = await initted()
    expect(await cairn('memory list')).toEqual({ code: 0, stdout: '', stderr: 'no memories\n' })
    expect(await cairn('memory namespaces')).toEqual({ code: 0, stdout: '', stderr: 'no namespaces\n' })
    expect(await cairn.json('memory list')).toEqual({ items: [], next: null })
  })

  it('names the namespaces', async () => {
    const cairn = await initted()
    for (const namespace of ['user:a:x', 'user:a:y', 'app:z']) await cairn.json(`memory add ${namespace} k 1`)
    await cairn.json('memory add user:a:y k2 2')
    expect((await cairn('memory namespaces user:a')).stdout).toBe(
      ['namespace  memories', 'user:a:x          1', 'user:a:y          2', ''].join('\n'),
    )
    expect(await cairn.json('memory namespaces --limit 1')).toMatchObject({
      items: [{ namespace: 'app:z', memories: 1 }],
      next: expect.any(String),
    })
  })
})
