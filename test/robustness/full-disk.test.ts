import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import { openCairn } from '../../src/open.js'
import { loadMigrations, migrate } from '../../src/storage/sqlite/migrations.js'
import { openDatabase } from '../../src/storage/sqlite/open-database.js'
import { refusal, thrown } from '../helpers/refusal.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { startLimitedChild } from './child.js'
import { contentOf, count, expectSound, peek } from './inspect.js'

const tempPath = useTempFolder()
const fact = (key: string, text = key) => ({ namespace: 'user:alice', key, value: { text }, type: 'semantic' }) as const

/** Adds memories of 2 KB, 20 at a time, until one is refused; returns the keys that were stored and the refusals. */
async function fill(cairn: Cairn, prefix: string): Promise<{ stored: string[]; codes: string[] }> {
  const stored: string[] = []
  const codes: string[] = []
  for (let group = 0; codes.length === 0 && group < 5000; group++) {
    const keys = Array.from({ length: 20 }, (_, index) => `${prefix}-${group}-${index}`)
    const outcomes = await Promise.allSettled(
      keys.map((key) => cairn.memories.add(fact(key, `pebble ${'x'.repeat(2000)}`))),
    )
    outcomes.forEach((outcome, index) => {
      if (outcome.status === 'fulfilled') stored.push(keys[index] ?? '')
      else codes.push(outcome.reason.code)
    })
  }
  return { stored, codes }
}

function storedKeys(path: string): string[] {
  return peek(path, (db) => db.prepare('select key from memory_entries order by id').pluck().all()) as string[]
}

describe.each([{ threads: true }, { threads: false }])('a store at its own limit, threads $threads', ({ threads }) => {
  const limits = { storeBytes: 2_000_000 }

  it('refuses with disk_full, keeps what it acknowledged and nothing else, and goes on reading', async () => {
    const path = tempPath()
    const cairn = await openCairn({ db: path, threads, durability: 'off', limits })
    const { stored, codes } = await fill(cairn, 'a')
    expect(new Set(codes)).toEqual(new Set(['disk_full']))
    expect(storedKeys(path).sort()).toEqual(stored.sort())
    expect(await cairn.memories.get('user:alice', stored[0] ?? '')).toMatchObject({ version: 1 })
    expect((await cairn.search('pebble')).hits.length).toBeGreaterThan(0)
    const before = contentOf(path)
    const error = await refusal(cairn.memories.add(fact('large', 'y'.repeat(500_000))), 'disk_full')
    expect(error.hint).toBeTruthy()
    await refusal(
      cairn.memories.addMany([fact('small'), fact('large', 'y'.repeat(500_000)), fact('small2')]),
      'disk_full',
    )
    expect(contentOf(path)).toEqual(before)
    await cairn.close()
    expect(statSync(path).size).toBeLessThanOrEqual(limits.storeBytes + 4096)
    expectSound(path)
  })

  it('takes the writes that fit when one of their group does not', async () => {
    const path = tempPath()
    const cairn = await openCairn({ db: path, threads, durability: 'off', limits: { storeBytes: 700_000 } })
    const writes = Array.from({ length: 30 }, (_, i) => fact(`k${i}`, i === 15 ? 'y'.repeat(900_000) : 'small'))
    const outcomes = await Promise.allSettled(writes.map((write) => cairn.memories.add(write)))
    expect(outcomes.flatMap((outcome, i) => (outcome.status === 'rejected' ? [[i, outcome.reason.code]] : []))).toEqual(
      [[15, 'disk_full']],
    )
    await cairn.close()
    expect(storedKeys(path)).toHaveLength(29)
    expectSound(path)
  })

  it('writes again once sessions have been deleted, and once the limit is raised', async () => {
    const path = tempPath()
    const cairn = await openCairn({ db: path, threads, durability: 'off', limits })
    await cairn.sessions.create({ id: 's', app: 'a', user: 'alice' })
    for (let i = 0; i < 20; i++) {
      const events = Array.from({ length: 20 }, () => ({
        type: 'message' as const,
        actor: 'user:alice',
        content: { text: 'z'.repeat(1500) },
      }))
      await cairn.sessions.appendEvents('s', events)
    }
    await fill(cairn, 'a')
    expect(await cairn.sessions.delete('s')).toBe(true)
    const again = await fill(cairn, 'b')
    expect(again.stored.length).toBeGreaterThan(100)
    await cairn.close()
    const raised = await openCairn({ db: path, threads, durability: 'off', limits: { storeBytes: 4_000_000 } })
    await raised.memories.add(fact('large', 'y'.repeat(500_000)))
    await raised.close()
    expectSound(path)
  })
})

describe('a limit of the shell on the size of files', () => {
  it.each([{ threads: true }, { threads: false }])(
    'is disk_full and no death by signal, threads $threads',
    async ({ threads }) => {
      const path = tempPath()
      const child = startLimitedChild(6000, 'fill.mjs', { db: path, threads, durability: 'off' })
      const lines = (await child.rest()) as { stored?: string[]; codes?: string[]; listed?: number; found?: number }[]
      expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
      expect(lines.at(-1)).toMatchObject({ codes: ['disk_full'], listed: 50, found: 10 })
      const acknowledged = lines.flatMap(({ stored = [] }) => stored)
      // The log reaches the limit first; copied back, it has room again, until the store itself is as long as it may be.
      expect(statSync(path).size).toBeGreaterThan(0.9 * 6000 * 512)
      expect(storedKeys(path).sort()).toEqual(acknowledged.sort())
      expectSound(path)
    },
  )

  it('undoes a migration whose copy does not fit, and leaves no half copy', async () => {
    const path = tempPath()
    const cairn = await openCairn({ db: path, threads: false, durability: 'off' })
    for (let i = 0; i < 20; i++) await cairn.memories.add(fact(`k${i}`, 'x'.repeat(400_000)))
    await cairn.close()
    const before = contentOf(path)
    const child = startLimitedChild(6000, 'migrate.mjs', path, 'create table made_up (a integer) strict')
    const lines = await child.rest()
    expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
    expect(lines.at(-1)).toMatchObject({ code: 'disk_full', hint: expect.any(String) })
    expect(contentOf(path)).toEqual(before)
    expect(readdirSync(dirname(path)).filter((name) => name.includes('before-schema'))).toEqual([])
  })
})

const mountable = canMount()
if (!mountable) console.warn('No right to mount a small disk here: the tests on a really full one are left out.')

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = tempPath('probe')
  mkdirSync(folder)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status !== 0) return false
  return spawnSync('umount', [folder]).status === 0
}

/** A disk of its own, unmounted when the test is over. */
function smallDisk(kilobytes: number): { folder: string; grow(kilobytes: number): void } {
  const folder = tempPath()
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return {
    folder,
    grow: (size) => void execFileSync('mount', ['-o', `remount,size=${size}k`, folder]),
  }
}

describe.runIf(mountable)('a full disk', () => {
  it.each([{ threads: true }, { threads: false }])(
    'refuses with disk_full, and takes writes again when space is freed, threads $threads',
    async ({ threads }) => {
      const { folder } = smallDisk(6000)
      const path = join(folder, 'store.db')
      writeFileSync(join(folder, 'ballast'), Buffer.alloc(1_500_000))
      const cairn = await openCairn({ db: path, threads })
      onTestFinished(() => cairn.close())
      const { stored, codes } = await fill(cairn, 'a')
      expect(new Set(codes)).toEqual(new Set(['disk_full']))
      expect(await cairn.memories.get('user:alice', stored[0] ?? '')).toMatchObject({ version: 1 })
      expect((await cairn.search('pebble')).hits).toHaveLength(10)
      rmSync(join(folder, 'ballast'))
      const again = await fill(cairn, 'b')
      expect(again.stored.length).toBeGreaterThan(20)
      await cairn.close()
      expect(storedKeys(path).sort()).toEqual([...stored, ...again.stored].sort())
      expectSound(path)
    },
  )

  it('with no room to copy the log back keeps all that was acknowledged, and goes on when the disk has grown', async () => {
    const { folder, grow } = smallDisk(20_000)
    const path = join(folder, 'store.db')
    const cairn = await openCairn({ db: path, threads: true })
    onTestFinished(() => cairn.close())
    const { stored, codes } = await fill(cairn, 'a')
    expect(new Set(codes)).toEqual(new Set(['disk_full']))
    expect((await cairn.memories.list({ limit: 1000 })).items.length).toBe(Math.min(stored.length, 1000))
    grow(60_000)
    await cairn.memories.add(fact('after', 'y'.repeat(500_000)))
    await cairn.close()
    expect(storedKeys(path).sort()).toEqual([...stored, 'after'].sort())
    expectSound(path)
  })

  it('keeps a store from being created, and leaves nothing behind that could not be opened later', async () => {
    const { folder, grow } = smallDisk(100)
    const path = join(folder, 'store.db')
    await refusal(openCairn({ db: path, threads: true }), 'disk_full')
    await refusal(openCairn({ db: path, threads: false }), 'disk_full')
    grow(4000)
    const cairn = await openCairn({ db: path })
    await cairn.memories.add(fact('a'))
    await cairn.close()
    expectSound(path)
  })

  const next = (up: string) => {
    const known = loadMigrations()
    return { now: 1, migrations: [...known, { version: known.length + 1, name: 'made_up', up, down: '' }] }
  }

  it('is told before a migration when its copy has no room, and changes nothing', async () => {
    const { folder } = smallDisk(6000)
    const path = join(folder, 'store.db')
    copyFileSync(threeMegabytes, path)
    const before = contentOf(path)
    const db = openDatabase(path, { role: 'writer', durability: 'full', busyTimeoutMs: 0 })
    onTestFinished(() => void db.close())
    writeFileSync(join(folder, 'ballast'), Buffer.alloc(1_000_000))
    const error = thrown(() => migrate(db, next('create table made_up (a)')), 'disk_full')
    expect(error.hint).toContain('Free space')
    rmSync(join(folder, 'ballast'))
    db.close()
    expect(contentOf(path)).toEqual(before)
    expect(readdirSync(folder)).toEqual(['store.db'])
  })

  it('in the middle of a migration leaves the schema and the data that were there', async () => {
    const { folder } = smallDisk(9000)
    const path = join(folder, 'store.db')
    copyFileSync(threeMegabytes, path)
    const before = contentOf(path)
    const db = openDatabase(path, { role: 'writer', durability: 'full', busyTimeoutMs: 0 })
    onTestFinished(() => void db.close())
    const up = `create table made_up (a); insert into made_up select zeroblob(100000) from memory_entries, memory_entries`
    thrown(() => migrate(db, next(up)), 'disk_full')
    db.close()
    expect(contentOf(path)).toEqual(before)
    expect(count(path, `select count(*) from sqlite_schema where name = 'made_up'`)).toBe(0)
    const cairn = await openCairn({ db: path, threads: false })
    expect((await cairn.memories.list()).items.length).toBeGreaterThan(0)
    await cairn.close()
  })
})

const threeMegabytes = tempPath('three-megabytes.db')

beforeAll(async () => {
  const cairn = await openCairn({ db: threeMegabytes, threads: false, durability: 'off' })
  for (let i = 0; i < 20; i++) await cairn.memories.add(fact(`k${i}`, 'x'.repeat(150_000)))
  await cairn.close()
})
