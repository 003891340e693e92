import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Progress } from '../../src/cli/progress.js'
import type { ImportReport } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()

async function filled(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  await cairn.json('session create --id s1 --user alice --app support')
  await cairn.json(`session append s1 --actor user:alice --text 'Ship it' --state-delta '{"user:theme":"dark"}'`)
  await cairn.json('memory add user:alice:preferences tone 1')
  await cairn.json('memory add project:apollo:facts city 2')
  return cairn
}

describe('cairn export', () => {
  it('prints lines, or writes them into a new file, packed by its name', async () => {
    const cairn = await filled()
    const { code, stdout, stderr } = await cairn('export')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n').map((line) => line && JSON.parse(line).record)).toEqual([
      ...['header', 'session', 'event', 'state', 'memory', 'memory', 'audit', 'audit', 'audit', 'audit', 'end', ''],
    ])
    expect(await cairn('export -')).toMatchObject({ stdout })
    expect(await cairn('export a.jsonl')).toEqual({
      code: 0,
      stdout: 'Exported 11 lines, 2.7 KB of JSON, to a.jsonl.\n',
      stderr: '',
    })
    expect(readFileSync(cairn.path('a.jsonl'), 'utf8')).toBe(stdout)
    expect(await cairn.json('export b.jsonl.gz')).toEqual({
      file: 'b.jsonl.gz',
      lines: 11,
      bytes: Buffer.byteLength(stdout),
    })
    expect(gunzipSync(readFileSync(cairn.path('b.jsonl.gz'))).toString()).toBe(stdout)
    expect(statSync(cairn.path('a.jsonl')).mode & 0o777).toBe(0o600)
  })

  it('exports a namespace or a session alone, not both', async () => {
    const cairn = await filled()
    expect((await cairn('export --namespace user:alice')).stdout).not.toContain('apollo')
    expect((await cairn('export --session s1')).stdout).not.toContain('"memory"')
    expect(await cairn('export --session s1 --namespace user:alice')).toMatchObject({ code: 2, stdout: '' })
    expect(await cairn('export --session s9')).toMatchObject({ code: 1, stdout: '' })
    expect(await cairn('export --namespace nowhere')).toMatchObject({ code: 2, stdout: '' })
  })

  it('writes over nothing, and leaves nothing that is not complete', async () => {
    const cairn = await filled()
    writeFileSync(cairn.path('there.jsonl'), 'mine')
    expect(await cairn('export there.jsonl')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is a file'),
    })
    expect(readFileSync(cairn.path('there.jsonl'), 'utf8')).toBe('mine')
    expect(await cairn('export nowhere/a.jsonl')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('could not be written'),
    })
    expect(await cairn('export alice.jsonl --as user=alice')).toMatchObject({ code: 3 })
    expect([existsSync(cairn.path('alice.jsonl')), existsSync(cairn.path('alice.jsonl.part'))]).toEqual([false, false])
  })

  it('prints no JSON document where it prints lines', async () => {
    const cairn = await filled()
    const { code, stdout, stderr } = await cairn('export --json')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(JSON.parse(stderr).error.hint).toContain('--json')
  })
})

describe('cairn import', () => {
  it('restores a file or stdin, and says what it did', async () => {
    const cairn = await filled()
    const { stdout } = await cairn('export')
    await cairn('export all.jsonl.gz')
    await cairn.json('init --db copy.db')
    const dry = await cairn('import all.jsonl.gz --dry-run --db copy.db')
    expect(dry.stdout.split('\n').slice(0, 3)).toEqual([
      'record   new  there already  different',
      'session  1    0              0',
      'event    1    0              0',
    ])
    expect((await cairn('import - --db copy.db', { stdin: stdout })).stdout).toContain('audit    4      0')
    const again = await cairn.json<ImportReport & Record<string, unknown>>('import all.jsonl.gz --db copy.db')
    expect(again).toMatchObject({
      dryRun: false,
      records: { memory: { added: 0, same: 2, different: 0 } },
      differences: [],
    })
    expect((await cairn('export --db copy.db')).stdout).toBe(stdout)
  })

  it('names what is different', async () => {
    const cairn = await filled()
    await cairn('export all.jsonl')
    await cairn.json('memory update user:alice:preferences tone 2')
    const { code, stdout } = await cairn('import all.jsonl')
    expect(code).toBe(0)
    expect(stdout).toContain(
      'Different in the store, and kept as it is there:\nline 6: memory user:alice:preferences tone 1',
    )
  })

  it('names every bad line on stderr, and with --json in the error', async () => {
    const cairn = await filled()
    const { stdout } = await cairn('export')
    const bad = stdout.replace('"seq":1', '"seq":0').replaceAll('"deleted":false', '"deleted":0')
    const text = await cairn('import -', { stdin: bad })
    expect(text).toMatchObject({ code: 2, stdout: '' })
    expect(text.stderr).toContain('line 3: ')
    expect(text.stderr.match(/line \d+: /g)).toEqual(['line 3: ', 'line 5: ', 'line 6: '])
    expect(text.stderr).toContain('error: The file is not what it should be: 3 problems, named above.\nhint: ')
    const { stderr } = await cairn('import - --json', { stdin: bad })
    expect(JSON.parse(stderr).error.details.problems).toHaveLength(3)
  })

  it('says what is no file of its own, and what is empty', async () => {
    const cairn = await filled()
    expect(await cairn('import -', { stdin: 'x' })).toMatchObject({ code: 2 })
    expect(await cairn('import -')).toMatchObject({ code: 2 })
    expect(await cairn('import none.jsonl')).toMatchObject({ code: 1 })
    const empty = '{"format":"cairn","record":"header","scope":{},"version":1}\n{"lines":1,"record":"end"}\n'
    expect(await cairn('import -', { stdin: empty })).toEqual({
      code: 0,
      stdout: 'The file holds no records.\n',
      stderr: '',
    })
  })
})

describe('the bar', () => {
  function bar(isTTY: boolean) {
    let time = 0
    let written = ''
    const io = {
      stdout: { write: () => true },
      stderr: { write: (text: string) => (written += text) },
      env: {},
      cwd: '.',
      isTTY,
    }
    return {
      progress: new Progress({ ...io, columns: 80 }, () => time),
      wait: (millis: number) => (time += millis),
      written: () => written,
    }
  }

  it('is for people, and for what takes longer than a second', () => {
    const { progress, wait, written } = bar(true)
    progress.update(0.1, 'checking')
    wait(999)
    progress.update(0.2, 'checking')
    expect(written()).toBe('')
    wait(1)
    progress.update(0.5, 'checking, 5 records')
    expect(written()).toContain('50 % checking, 5 records')
    progress.update(2, 'storing')
    progress.end()
    expect(written()).toContain('100 % storing')
    for (const hidden of ['[?7l', '[?25l']) expect(written()).not.toContain(hidden)
    progress.end()
  })

  it('is not drawn where nobody looks', () => {
    const { progress, wait, written } = bar(false)
    wait(5000)
    progress.update(0.5, 'checking')
    progress.end()
    expect(written()).toBe('')
  })
})
