import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openCairn } from '../../src/open.js'
import { applicationId, loadMigrations, schemaVersion } from '../../src/storage/sqlite/migrations.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { type Child, startChild } from './child.js'
import { count, expectSound, peek } from './inspect.js'

const tempPath = useTempFolder()
const processes = 10

interface Work {
  writes?: number
  callers?: number
  session?: string
  shared?: string
}

/** Ten processes that have loaded everything and wait for a word. */
async function startTen(path: string, work: Work): Promise<Child[]> {
  const children = Array.from({ length: processes }, (_, i) =>
    startChild('work.mjs', `p${i}`, { db: path, threads: i % 2 === 0 }, work),
  )
  for (const child of children) expect(await child.next()).toBe('ready')
  return children
}

/** Lets all begin at once and returns how much each has stored; none may have met an error. */
async function finish(children: Child[]): Promise<number[]> {
  const outcomes = (await Promise.all(children.map((child) => child.next()))) as Outcome[]
  for (const child of children) expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
  return storedBy(outcomes)
}

interface Outcome {
  stored: number
  errors: string[]
}

function storedBy(outcomes: Outcome[]): number[] {
  for (const { errors } of outcomes) expect(errors).toEqual([])
  return outcomes.map(({ stored }) => stored)
}

function tellAll(children: Child[], text: string): void {
  for (const child of children) child.tell(text)
}

async function createStore(): Promise<string> {
  const path = tempPath()
  const cairn = await openCairn({ db: path, threads: false })
  await cairn.sessions.create({ id: 'shared', app: 'app', user: 'alice' })
  await cairn.memories.add({ namespace: 'user:alice', key: 'shared', value: 'first', type: 'semantic' })
  await cairn.close()
  return path
}

describe('ten processes on one file', () => {
  it('create a missing store together: one schema, and none of them fails', async () => {
    for (let round = 0; round < 3; round++) {
      const path = tempPath()
      const children = await startTen(path, { writes: 2 })
      tellAll(children, 'go')
      expect(await finish(children)).toEqual(Array.from({ length: processes }, () => 2))
      expect(count(path, 'select count(*) from schema_migrations')).toBe(loadMigrations().length)
      expect(count(path, 'select count(*) from memory_entries')).toBe(2 * processes)
      expectSound(path)
    }
  }, 60_000)

  it('do not take a store for a stranger when another creates it between two looks', async () => {
    const path = tempPath()
    const db = new Database(path)
    onTestFinished(() => void db.close())
    db.pragma('journal_mode = wal')
    const look = db.pragma.bind(db)
    db.pragma = (text, options) => {
      const answer = look(text, options)
      peek(path, (other) =>
        other.exec(`pragma application_id = ${applicationId}; create table if not exists schema_migrations (a)`),
      )
      return answer
    }
    expect(schemaVersion(db)).toBe(0)
  })

  it('lose no memory, and no caller sees an error', async () => {
    const path = await createStore()
    const children = await startTen(path, { writes: 100 })
    tellAll(children, 'go')
    expect(await finish(children)).toEqual(Array.from({ length: processes }, () => 100))
    expect(count(path, 'select count(*) from memory_entries')).toBe(100 * processes + 1)
    expectSound(path)
  }, 60_000)

  it('append to one session without a gap, and all their changes of state are there', async () => {
    const path = await createStore()
    const children = await startTen(path, { writes: 20, session: 'shared' })
    tellAll(children, 'go')
    await finish(children)
    expect(peek(path, (db) => db.prepare('select seq from session_events order by seq').pluck().all())).toEqual(
      Array.from({ length: 20 * processes }, (_, i) => i + 1),
    )
    expect(count(path, `select count(*) from state where scope = 'session'`)).toBe(20 * processes)
    expectSound(path)
  }, 60_000)

  it('update one key without losing a version', async () => {
    const path = await createStore()
    const children = await startTen(path, { writes: 30, shared: 'shared' })
    tellAll(children, 'go')
    await finish(children)
    const versions = 30 * processes + 1
    const query = `select count(distinct value) from memory_entries where key = 'shared' and version <= ${versions}`
    expect(count(path, query)).toBe(versions)
    expectSound(path)
  }, 60_000)

  it('all get on: the slowest writes at least a fifth of what the fastest does', async () => {
    const path = await createStore()
    const children = await startTen(path, {})
    tellAll(children, 'go')
    let hundreds = 0
    const outcomes = children.map(async (child) => {
      for (let line = await child.next(); ; line = await child.next()) {
        if (line !== 'another hundred') return line as Outcome
        hundreds++
        if (hundreds === 30) tellAll(children, 'stop')
      }
    })
    const each = storedBy(await Promise.all(outcomes))
    expect(Math.min(...each) / Math.max(...each), `writes of each: ${each.join(', ')}`).toBeGreaterThan(0.2)
    expectSound(path)
  }, 60_000)

  it('migrate once together: one of them does it, the others find it done, and there is one copy', async () => {
    const path = await createStore()
    const children = Array.from({ length: processes }, () =>
      startChild('migrate.mjs', path, 'create table made_up (a integer) strict', 'wait'),
    )
    for (const child of children) expect(await child.next()).toEqual({ ready: true })
    tellAll(children, 'go')
    const outcomes = await Promise.all(children.map((child) => child.next()))
    for (const child of children) expect(await child.ended).toMatchObject({ code: 0, stderr: '' })
    expect(outcomes).toEqual(expect.arrayContaining([{ steps: 1 }, { steps: 0 }]))
    expect(outcomes.filter((outcome) => (outcome as { steps?: number }).steps === 0)).toHaveLength(processes - 1)
    const copies = readdirSync(dirname(path)).filter((name) => name.includes('before-schema'))
    expect(copies).toHaveLength(1)
    expect(peek(`${dirname(path)}/${copies[0]}`, (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok')
  }, 60_000)
})

describe.each([{ threads: true }, { threads: false }])('opening a current store, threads $threads', ({ threads }) => {
  it('writes nothing, and neither does reading', async () => {
    const path = await createStore()
    const bytes = readFileSync(path)
    const { mtimeMs } = statSync(path)
    const watcher = new Database(path)
    const dataVersion = (): unknown => watcher.pragma('data_version', { simple: true })
    const before = dataVersion()
    const cairn = await openCairn({ db: path, threads })
    await cairn.memories.get('user:alice', 'shared')
    await cairn.memories.list()
    await cairn.search('first')
    await cairn.info()
    await cairn.close()
    expect(dataVersion()).toBe(before)
    watcher.close()
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(statSync(path).mtimeMs).toBe(mtimeMs)
  })
})
