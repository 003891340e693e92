import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const { version } = JSON.parse(await readFile('package.json', 'utf8'))
const addon = 'node_modules/better-sqlite3'

let folder: string
let tarball: string
let packed: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-pack-'))
  await run(process.execPath, [resolve('scripts/ready.mjs'), '--build'])
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder])
  const [pack] = JSON.parse(stdout)
  tarball = join(folder, pack.filename)
  packed = pack.files.map((file: { path: string }) => file.path)
}, 240_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the package', () => {
  it('holds the program, its types, the SQL files and the assembled loops', async () => {
    const migrations = (await readdir('src', { recursive: true })).filter((path) => path.endsWith('.sql'))
    expect(migrations.length).toBeGreaterThan(0)
    expect(packed).toEqual(
      expect.arrayContaining([
        'package.json',
        'README.md',
        'LICENSE',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cli/main.js',
        'dist/vectors/scan.wasm',
        ...migrations.map((path) => `dist/${path}`),
      ]),
    )
  })

  it('holds nothing else', () => {
    const documents = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']
    const program = /^dist\/.*(?:\.js|\.d\.ts|\.sql|\.wasm)$/
    expect(packed.filter((path) => !documents.includes(path) && !program.test(path))).toEqual([])
    expect(packed.filter((path) => /(?:\btest\b|\.test\.|\.map$|\.stamp$)/.test(path))).toEqual([])
  })
})

describe('the package installed in an empty folder', () => {
  let home: string

  beforeAll(async () => {
    home = join(folder, 'home')
    await mkdir(home)
    await writeFile(join(home, 'package.json'), '{ "name": "home", "private": true, "type": "module" }')
    // The addon that this clone has already compiled is put in place, since compiling one takes minutes.
    const { version: addonVersion } = JSON.parse(await readFile(join(addon, 'package.json'), 'utf8'))
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
    await run('npm', ['install', ...flags, tarball, `better-sqlite3@${addonVersion}`], { cwd: home })
    await cp(join(addon, 'build/Release'), join(home, addon, 'build/Release'), { recursive: true })
  }, 240_000)

  it('has a command', async () => {
    const command = join(home, 'node_modules/.bin/cairn')
    const { stdout } = await run(command, ['version'], { cwd: home })
    expect(stdout).toContain(version)
  })

  it('has a library that keeps a memory', async () => {
    const script = `
      import { openCairn } from 'cairn-memory'
      const c = await openCairn('./store.db')
      await c.memories.add({ namespace: 'user:a:b', key: 'k', value: { x: 1 }, type: 'semantic' })
      console.log(JSON.stringify((await c.memories.get('user:a:b', 'k')).value))
      await c.close()
    `
    await writeFile(join(home, 'try.mjs'), script)
    const { stdout, stderr } = await run(process.execPath, ['try.mjs'], { cwd: home })
    expect({ stdout, stderr }).toEqual({ stdout: '{"x":1}\n', stderr: '' })
    expect(existsSync(join(home, 'store.db'))).toBe(true)
  })

  it('opens only its front door', async () => {
    const script = "await import('cairn-memory/dist/index.js')"
    const denied = run(process.execPath, ['--input-type=module', '-e', script], { cwd: home })
    await expect(denied).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })
})
