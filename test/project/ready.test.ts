import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)

let clone: string

/** A clone without dependencies, whose compiler is a stand-in, so that an install and a build take no time. */
beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'cairn-ready-test-'))
  await cp(resolve('scripts'), join(clone, 'scripts'), { recursive: true })
  await mkdir(join(clone, 'compiler/bin'), { recursive: true })
  await mkdir(join(clone, 'src/storage/sqlite/migrations'), { recursive: true })
  await mkdir(join(clone, 'src/cli'), { recursive: true })
  const compiler = `
    const { mkdirSync, writeFileSync, appendFileSync } = require('node:fs')
    const out = process.argv[process.argv.indexOf('--outDir') + 1]
    appendFileSync('compiled.txt', 'x')
    mkdirSync(out + '/cli', { recursive: true })
    writeFileSync(out + '/cli/main.js', '')
    process.exitCode = require('node:fs').readFileSync('src/cli/main.ts', 'utf8') === 'wrong' ? 1 : 0
  `
  await write('compiler/package.json', JSON.stringify({ name: 'typescript', version: '1.0.0' }))
  await write('compiler/bin/tsc', compiler)
  await write('src/cli/main.ts', 'right')
  await write('src/storage/sqlite/migrations/0001.up.sql', 'SELECT 1;')
  await write('tsconfig.json', '{}')
  const dependencies = { typescript: 'file:compiler' }
  await write('package.json', JSON.stringify({ name: 'clone', version: '1.0.0', dependencies }))
  await run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: clone })
})

afterAll(() => rm(clone, { recursive: true, force: true }))

function write(path: string, text: string): Promise<void> {
  return writeFile(join(clone, path), text)
}

async function ready(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(clone, 'scripts/ready.mjs'), ...args], { cwd: clone })
  return stdout
}

async function compilations(): Promise<number> {
  return (await readFile(join(clone, 'compiled.txt'), 'utf8')).length
}

describe('ready', () => {
  it('installs and builds once when two run at the same time', async () => {
    const outputs = await Promise.all([ready('--build'), ready('--build')])
    expect(outputs.filter((output) => output.includes('Installing'))).toHaveLength(1)
    expect(await compilations()).toBe(1)
  })

  it('makes the command executable and puts the SQL files beside', async () => {
    expect((await stat(join(clone, 'dist/cli/main.js'))).mode & 0o111).toBe(0o111)
    expect(await readFile(join(clone, 'dist/storage/sqlite/migrations/0001.up.sql'), 'utf8')).toBe('SELECT 1;')
  })

  it('prints nothing when there is nothing to do', async () => {
    expect(await ready('--build')).toBe('')
    expect(await compilations()).toBe(1)
  })

  it('does not install again for a change of version or scripts', async () => {
    const manifest = JSON.parse(await readFile(join(clone, 'package.json'), 'utf8'))
    await write('package.json', JSON.stringify({ ...manifest, version: '1.0.1', scripts: { a: 'b' } }))
    expect(await ready()).toBe('')
  })

  it('builds again when a source changed', async () => {
    await write('src/storage/sqlite/migrations/0001.up.sql', 'SELECT 2;')
    expect(await ready('--build')).toContain('Building')
    expect(await readFile(join(clone, 'dist/storage/sqlite/migrations/0001.up.sql'), 'utf8')).toBe('SELECT 2;')
  })

  it('fails and keeps the old build when the compiler fails', async () => {
    await write('src/cli/main.ts', 'wrong')
    await expect(ready('--build')).rejects.toMatchObject({ code: 1 })
    expect(await readFile(join(clone, 'dist/storage/sqlite/migrations/0001.up.sql'), 'utf8')).toBe('SELECT 2;')
    await write('src/cli/main.ts', 'right again')
    expect(await ready('--build')).toContain('Building')
  })

  it('takes over the lock of a process that is gone', async () => {
    const { withLock } = await import('../../scripts/lock.mjs')
    const { stdout } = await run(process.execPath, [
      '--input-type=module',
      '-e',
      `import { withLock } from '${resolve('scripts/lock.mjs')}'
       await withLock('${clone}-gone', () => process.reallyExit(0))`,
    ])
    expect(stdout).toBe('')
    expect(await withLock(`${clone}-gone`, () => 'taken')).toBe('taken')
  })

  it('installs again when the installed packages are not those of the lockfile', async () => {
    await rm(join(clone, 'node_modules'), { recursive: true })
    expect(await ready()).toContain('Installing')
    await rm(join(clone, 'node_modules/.cairn-ready'))
    expect(await ready()).toBe('')
  })
})
