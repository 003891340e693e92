import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StoreInfo } from '../../src/index.js'
import { type CliOptions, useCli } from './run-cli.js'

const newCli = useCli()
const { version } = JSON.parse(readFileSync(resolve('package.json'), 'utf8'))

describe('cairn init', () => {
  it('creates a store and leaves one that is there as it is', async () => {
    const cairn = newCli()
    const location = cairn.path('cairn.db')
    const made = await cairn('init')
    expect(made.stdout).toBe(`Created a store at ${location}.\n`)
    expect(made.stderr).toContain('cairn memory add')
    await cairn.json('memory add user:a k 1')
    expect((await cairn('init')).stdout).toBe(`There is a store at ${location} already; it stays as it is.\n`)
    expect(await cairn.json('init')).toEqual({ created: false, location, schemaVersion: 9 })
    expect(await cairn.json('memory get user:a k')).toMatchObject({ value: 1 })
  })

  it('needs a folder, a file and no principal', async () => {
    const cairn = newCli()
    expect(await cairn('init --db none/cairn.db')).toMatchObject({ code: 2 })
    expect(await cairn('init --db :memory:')).toMatchObject({ code: 2 })
    expect(await cairn("init --db ''")).toMatchObject({ code: 2 })
    expect(await cairn('init --as user=alice')).toMatchObject({ code: 2 })
    expect(existsSync(cairn.path('cairn.db'))).toBe(false)
  })

  it('is the only command that creates one', async () => {
    const cairn = newCli()
    for (const line of ['stats', 'memory list', 'memory add user:a k 1', 'session list', 'search x', 'audit']) {
      const refused = await cairn(line)
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toContain('cairn init')
    }
    expect(existsSync(cairn.path('cairn.db'))).toBe(false)
  })
})

describe('which database', () => {
  it('is --db, then CAIRN_DB, then cairn.config.json upwards, then ./cairn.db', async () => {
    const cairn = newCli()
    const inner = cairn.path('inner')
    mkdirSync(inner)
    for (const name of ['flag.db', 'env.db', 'file.db', 'inner/cairn.db'])
      await cairn.json(['init', '--db', cairn.path(name)])
    const used = async (args: string, options: CliOptions): Promise<string> =>
      (await cairn.json<StoreInfo>(`stats ${args}`, { cwd: inner, ...options })).location
    const env = { CAIRN_DB: '../env.db' }
    expect(await used('', {})).toBe(cairn.path('inner/cairn.db'))
    writeFileSync(cairn.path('cairn.config.json'), '{"db":"file.db"}')
    expect(await used('', {})).toBe(cairn.path('file.db'))
    expect(await used('', { env })).toBe(cairn.path('env.db'))
    expect(await used('--db ../flag.db', { env })).toBe(cairn.path('flag.db'))
  })

  it('and the other settings are those of the file and the environment', async () => {
    const cairn = newCli()
    await cairn.json('init')
    writeFileSync(cairn.path('cairn.config.json'), '{"limits":{"valueBytes":1024},"auditReads":"basic"}')
    expect(await cairn(['memory', 'add', 'user:a', 'k', '--text', 'x'.repeat(2000)])).toMatchObject({ code: 2 })
    await cairn('memory list')
    expect(await cairn.json('audit --operation list')).toMatchObject({ items: [{ subject: 'memory' }] })
    writeFileSync(cairn.path('cairn.config.json'), '{"dbb":"x"}')
    expect(await cairn('stats')).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean db?') })
    writeFileSync(cairn.path('cairn.config.json'), '{')
    expect(await cairn('stats')).toMatchObject({ code: 2 })
    writeFileSync(cairn.path('cairn.config.json'), '{}')
    expect(await cairn('stats', { env: { CAIRN_BUSY_TIMEOUT_MS: 'soon' } })).toMatchObject({ code: 2 })
  })

  it('must be one', async () => {
    const cairn = newCli()
    writeFileSync(cairn.path('cairn.db'), 'This is a text of some length, and no database at all.')
    const refused = await cairn('stats --json')
    expect(refused).toMatchObject({ code: 6, stdout: '' })
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'not_a_database', hint: expect.any(String) } })
  })

  it('may be damaged', async () => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn.json('memory add user:a k 1')
    const bytes = readFileSync(cairn.path('cairn.db'))
    writeFileSync(cairn.path('damaged.db'), bytes.fill(0xa5, 4096))
    const refused = await cairn('memory list --db damaged.db')
    expect(refused).toMatchObject({ code: 6, stdout: '' })
    expect(refused.stderr).toContain('damaged')
  })
})

describe('cairn stats', () => {
  it('counts', async () => {
    const cairn = newCli()
    await cairn.json('init')
    await cairn.json('memory add user:a k 1')
    expect(await cairn.json('stats')).toMatchObject({ engine: 'sqlite', rows: { memories: 1, sessions: 0 } })
    const { stdout } = await cairn('stats')
    expect(stdout).toMatch(/^store {12}\//)
    expect(stdout).toMatch(/\nsize {13}[\d.]+ KB\n/)
    expect(stdout).toContain('\nmemories         1\nmemory versions  1\n')
  })

  it('is for root', async () => {
    const cairn = newCli()
    await cairn.json('init')
    const refused = await cairn('stats --as user=alice')
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.stderr).toContain('Leave --as out.')
  })
})

describe('cairn version', () => {
  it('needs no store', async () => {
    const cairn = newCli()
    expect((await cairn('version')).stdout).toBe(`cairn ${version} (node ${process.versions.node})\n`)
    expect(await cairn.json('version')).toEqual({ version, node: process.versions.node })
    expect(await cairn('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})
