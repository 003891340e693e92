import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import process from 'node:process'
import Database, { SqliteError } from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { readQueries, runQuery } from '../../../src/storage/sqlite/read-queries.js'
import { ReaderPool } from '../../../src/storage/sqlite/reader-pool.js'
import { openSqliteStorage, type SqliteOptions } from '../../../src/storage/sqlite/sqlite-storage.js'
import { run, sql } from '../../../src/storage/sqlite/statements.js'
import { ThreadClient } from '../../../src/storage/sqlite/thread-client.js'
import type { Storage } from '../../../src/storage/storage.js'
import { refusal } from '../../helpers/refusal.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { add, anEvent, append, author, createSession, now, s1, tone, toValue } from '../contract/subject.js'

const newPath = useTempFolder()

const defaults = { create: true, durability: 'off', busyTimeoutMs: 200, maxPages: 0, threads: false } as const

async function open(options: Partial<SqliteOptions> = {}): Promise<Storage> {
  const storage = await openSqliteStorage({ ...defaults, path: newPath(), ...options })
  onTestFinished(() => storage.close())
  return storage
}

describe('a private store', () => {
  it.each([true, false])('lives in a folder that goes with it, threads: %s', async (threads) => {
    const storage = await open({ path: ':memory:', create: false, threads })
    const { location } = await storage.info()
    await add(storage)
    expect(existsSync(location)).toBe(true)
    await storage.close()
    expect(existsSync(dirname(location))).toBe(false)
  })

  it('is not the private store of anybody else', async () => {
    const [one, other] = [await open({ path: ':memory:' }), await open({ path: ':memory:' })]
    await add(one)
    expect(await other.memories.get({ ...tone, now })).toBeUndefined()
  })
})

describe('a store on disk', () => {
  it('is made only when that is asked for', async () => {
    const path = newPath()
    const error = await refusal(open({ path, create: false }), 'not_found')
    expect(error.hint).toContain('cairn init')
    expect(existsSync(path)).toBe(false)
    await (await open({ path })).close()
    await open({ path, create: false })
  })

  it('is found by a relative path and by a link, and is the same', async () => {
    const path = newPath()
    await add(await open({ path }))
    const link = newPath()
    symlinkSync(path, link)
    for (const name of [relative(process.cwd(), path), link]) {
      const storage = await open({ path: name })
      expect(await storage.memories.get({ ...tone, now })).toMatchObject({ version: 1 })
      expect((await storage.info()).location).toBe(path)
    }
  })

  it('tells its size with what is in the log still', async () => {
    const storage = await open()
    const before = (await storage.info()).bytes
    for (let index = 0; index < 20; index++)
      await add(storage, { key: `k${index}`, chain: `${index}`, value: `"${'x'.repeat(9_000)}"` })
    expect((await storage.info()).bytes).toBeGreaterThan(before + 100_000)
    expect(await storage.info()).toMatchObject({ engine: 'sqlite', engineVersion: expect.stringMatching(/^3\.\d+/) })
  })

  it.each([
    ['a text', (path: string) => writeFileSync(path, 'x'.repeat(5_000)), 'not_a_database'],
    ['a folder', (path: string) => mkdirSync(path), 'not_a_database'],
    [
      'the database of another program',
      (path: string) => new Database(path).exec('create table t (a)').close(),
      'not_a_database',
    ],
  ] as const)('is not made of %s', async (_, make, code) => {
    const path = newPath()
    make(path)
    const error = await refusal(open({ path }), code)
    expect(error.message).toContain(path)
  })

  it('may begin as an empty file', async () => {
    const path = newPath()
    writeFileSync(path, '')
    await refusal(open({ path, create: false }), 'not_a_database')
    await add(await open({ path }))
  })

  it('takes no write after its file was moved away or replaced', async () => {
    for (const threads of [true, false]) {
      const path = newPath()
      const storage = await open({ path, threads })
      await add(storage)
      renameSync(path, `${path}.aside`)
      await refusal(add(storage, { key: 'lost' }), 'closed')
      writeFileSync(path, '')
      await refusal(add(storage, { key: 'lost' }), 'closed')
      rmSync(path)
      renameSync(`${path}.aside`, path)
      await add(storage, { key: 'kept', chain: 'kept' })
    }
  })

  it('that has reached its limit refuses as disk_full, and goes on with what fits', async () => {
    const storage = await open({ maxPages: 150 })
    await add(storage)
    const large = { key: 'large', chain: 'large', value: `"${'x'.repeat(500_000)}"` }
    expect((await refusal(add(storage, large), 'disk_full')).hint).toContain('Free space')
    expect(await storage.memories.update({ ...tone, ...toValue('2') })).toMatchObject({ version: 2 })
    expect((await storage.info()).rows).toMatchObject({ memoryVersions: 2 })
  })
})

describe('while another process holds the store', () => {
  const hold = (path: string): Database.Database => {
    const other = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 0 })
    onTestFinished(() => {
      other.close()
    })
    return other
  }

  it('reads go on, and writes are busy after their time', async () => {
    const path = newPath()
    const storage = await open({ path, busyTimeoutMs: 30 })
    await add(storage)
    const other = hold(path)
    other.exec('begin immediate')
    expect(await storage.memories.get({ ...tone, now })).toMatchObject({ version: 1 })
    const error = await refusal(storage.memories.update({ ...tone, ...toValue('2') }), 'busy')
    expect(error.hint).toContain('busyTimeoutMs')
    other.exec('rollback')
    expect(await storage.memories.update({ ...tone, ...toValue('2') })).toMatchObject({ version: 2 })
  })

  it('a read that is locked out waits, until it may read or the store is closed', async () => {
    const storage = await open()
    await add(storage)
    const lockedOut = () => {
      throw new SqliteError('database is locked', 'SQLITE_BUSY_RECOVERY')
    }
    const query = vi.spyOn(readQueries, 'memories.get')
    onTestFinished(() => query.mockRestore())
    query.mockImplementationOnce(lockedOut).mockImplementationOnce(lockedOut)
    expect(await storage.memories.get({ ...tone, now })).toMatchObject({ version: 1 })
    expect(query).toHaveBeenCalledTimes(3)

    query.mockImplementation(lockedOut)
    const refused = refusal(storage.memories.get({ ...tone, now }), 'closed')
    await storage.close()
    await refused
  })
})

describe('a read', () => {
  it('sees one moment, however many statements it takes', async () => {
    const path = newPath()
    const storage = await open({ path })
    await add(storage)
    const db = openDatabase(path, { role: 'reader', durability: 'off', busyTimeoutMs: 0 })
    onTestFinished(() => {
      db.close()
    })
    const other = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 0 })
    const count = (): unknown => db.prepare('select count(*) from memory_entries').pluck().get()
    const twice = (): unknown[] => {
      const before = count()
      other.exec('delete from memory_entries')
      return [before, count()]
    }
    expect(runQuery(db, { twice } as never, { id: 7, name: 'twice', input: undefined })).toEqual({
      id: 7,
      value: [1, 1],
    })
    other.close()
    expect(count()).toBe(0)
  })

  it('that fails ends its snapshot and says why', async () => {
    const db = openDatabase(newPath(), { role: 'writer', durability: 'off', busyTimeoutMs: 0 })
    onTestFinished(() => {
      db.close()
    })
    const request = { id: 1, name: 'memories.get', input: { ...tone, now } }
    expect(runQuery(db, readQueries as never, request)).toMatchObject({
      id: 1,
      failure: { code: 'internal', message: expect.stringContaining('memory_entries') },
    })
    expect(db.inTransaction).toBe(false)
  })
})

describe('statements', () => {
  it('have names of their own', () => {
    expect(() => sql('memories.latest', 'select 1')).toThrow('two statements are named memories.latest')
  })

  it('are prepared once for each connection', () => {
    const statement = sql('test.once', 'create table if not exists once (a)')
    for (const db of [new Database(':memory:'), new Database(':memory:')]) {
      run(db, statement, {})
      const prepared = db.prepare
      db.prepare = () => {
        throw new Error('prepared again')
      }
      run(db, statement, {})
      db.prepare = prepared
      db.close()
    }
  })
})

it('what was handed in at once is stored in the order of the calls', async () => {
  const storage = await open()
  const versions = [
    add(storage),
    ...[2, 3, 4].map((value) => storage.memories.update({ ...tone, ...toValue(`${value}`) })),
  ]
  expect((await Promise.all(versions)).map(({ version }) => version)).toEqual([1, 2, 3, 4])
  await storage.memories.delete({ ...tone, author: author() })
})

describe('a read', () => {
  let storage: Storage
  beforeAll(async () => {
    storage = await openSqliteStorage({ ...defaults, path: newPath(), threads: true })
    await add(storage)
    await createSession(storage)
    await append(storage, [anEvent()])
  })
  afterAll(() => storage.close())

  const span = [{ from: '', to: 'z' }]
  const page = { order: 'asc', after: 0, before: 9, limit: 9 } as const

  it.each<[what: string, read: (storage: Storage) => Promise<unknown>, long: boolean]>([
    ['all of the trail', ({ audit }) => audit.list({ limit: 9, since: 1 }), false],
    ['the trail of a memory', ({ audit }) => audit.list({ entry: tone, limit: 9 }), false],
    ['the trail of a session', ({ audit }) => audit.list({ session: 's1', limit: 9 }), false],
    ['one operation', ({ audit }) => audit.list({ subject: 'memory', operation: 'create', limit: 9 }), false],
    ['the trail of namespaces', ({ audit }) => audit.list({ spans: span, limit: 9 }), true],
    ['refusals', ({ audit }) => audit.list({ outcome: 'forbidden', limit: 9 }), true],
    ['a subject', ({ audit }) => audit.list({ subject: 'memory', limit: 9 }), true],
    [
      'what a session did with memories',
      ({ audit }) => audit.list({ session: 's1', subject: 'memory', limit: 9 }),
      true,
    ],
    ['events', ({ sessions }) => sessions.events({ ...s1, ...page }), false],
    ['events of a type', ({ sessions }) => sessions.events({ ...s1, ...page, type: 'message' }), true],
    ['sessions', ({ sessions }) => sessions.list({ limit: 9 }), false],
    ['sessions of an owner', ({ sessions }) => sessions.list({ app: 'support', user: 'alice', limit: 9 }), false],
    ['sessions of a project', ({ sessions }) => sessions.list({ project: 'apollo', limit: 9 }), false],
    ['active sessions', ({ sessions }) => sessions.list({ active: true, limit: 9 }), false],
    ['sessions of a status', ({ sessions }) => sessions.list({ status: 'active', limit: 9 }), true],
    ['sessions of an app', ({ sessions }) => sessions.list({ app: 'support', limit: 9 }), true],
    ['memories in key order', ({ memories }) => memories.list({ spans: span, order: 'key', now, limit: 9 }), false],
    ['newest memories', ({ memories }) => memories.list({ spans: span, order: 'newest', now, limit: 9 }), true],
    ['a search', ({ search }) => search.lexical({ terms: [{ text: 'concise' }], memories: {}, now, limit: 9 }), true],
  ])('of %s runs on the calling thread if it looks at no more than its page', async (_what, read, long) => {
    const travels = vi.spyOn(ReaderPool.prototype, 'call')
    onTestFinished(() => travels.mockRestore())
    expect(await read(storage)).toBeDefined()
    expect(travels).toHaveBeenCalledTimes(long ? 1 : 0)
  })

  it('goes to one thread if it needs the codes of vectors, so that no other holds them as well', async () => {
    const calls = vi.spyOn(ThreadClient.prototype, 'call')
    onTestFinished(() => calls.mockRestore())
    const asked = { terms: [{ text: 'concise' }], memories: {}, now, limit: 9 }
    const many = Array.from({ length: 6 }, () => asked)
    await Promise.all(many.map((query) => storage.search.lexical(query)))
    expect(new Set(calls.mock.contexts).size).toBe(2)
    calls.mockClear()
    await Promise.all(many.map((query) => storage.search.lexical({ ...query, mode: 'hybrid' })))
    expect(calls.mock.contexts).toHaveLength(6)
    expect(new Set(calls.mock.contexts).size).toBe(1)
  })
})
