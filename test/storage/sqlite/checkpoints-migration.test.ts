import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { loadMigrations, migrate, revertStep } from '../../../src/storage/sqlite/migrations.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { schemaText } from './schema-text.js'

const newPath = useTempFolder()
const [before, step] = [loadMigrations().slice(0, 2), loadMigrations()[2]]
const state = JSON.stringify({ notes: Array.from({ length: 500 }, (_, index) => `é note ${index}`) })
const t1 = { task: 't1', scope: undefined }

function connect(path: string): Database.Database {
  const db = new Database(path)
  db.pragma('journal_mode = wal')
  db.pragma('foreign_keys = on')
  return db
}

/** A store of the version before, with a task that has one checkpoint and a measurement. */
function olderStore(): string {
  const path = newPath()
  const db = connect(path)
  migrate(db, { migrations: before, now: 0 })
  db.exec(`insert into tasks (id, prompt, status, submitted_at, updated_at, created_by)
           values ('t1', '', 'running', 0, 0, 'root');
           insert into metrics (timestamp, name, value) values (3, 'latency', 7)`)
  const insert = 'insert into checkpoints (task_id, iteration, state, created_at) values (?, ?, ?, ?)'
  db.prepare(insert).run('t1', 7, state, 9)
  db.close()
  return path
}

function openStorage(path: string) {
  return openSqliteStorage({
    ...{ path, create: false, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false },
  })
}

it('checkpoints that were stored before there were differences are read, and built on', async () => {
  const storage = await openStorage(olderStore())
  const bytes = Buffer.byteLength(state)
  expect(await storage.checkpoints.get(t1)).toEqual({
    ...{ iteration: 7, base: null, bytes, storedBytes: bytes, session: null, createdAt: 9, state },
  })
  const author = { actor: 'root', principal: '{"root":true}', agent: null, now: 10 }
  const next = state.replace('note 33"', 'another note"')
  const rest = { session: null, sessionOwner: undefined, author }
  expect(await storage.checkpoints.put({ ...t1, iteration: 8, state: next, ...rest })).toMatchObject({ base: 7 })
  expect(await storage.checkpoints.get(t1)).toMatchObject({ iteration: 8, state: next })
  const all = { name: 'latency', owner: undefined, labels: {}, since: 0, limit: 9 }
  expect(await storage.metrics.points({ ...all, before: [9, 0] })).toMatchObject([{ value: 7, app: null, user: null }])
  await storage.close()
})

it('goes down again with what is stored as a whole, and up with that', async () => {
  const path = olderStore()
  const older = connect(path)
  const schema = schemaText(older)
  if (step) migrate(older, { migrations: [...before, step], now: 0 })
  older.exec(`insert into checkpoints (task_id, iteration, base, chain, data, bytes, checksum, created_at)
              values ('t1', 8, 7, 1, x'00', 1, 1, 9)`)
  if (step) revertStep(older, step)
  // SQLite quotes the name of a table that was renamed.
  expect(schemaText(older).replaceAll('"checkpoints"', 'checkpoints')).toBe(schema)
  expect(older.prepare('select task_id, iteration, state from checkpoints').all()).toEqual([
    { task_id: 't1', iteration: 7, state },
  ])
  expect(older.prepare('select name, value from metrics').all()).toEqual([{ name: 'latency', value: 7 }])
  older.close()
  const storage = await openStorage(path)
  expect(await storage.checkpoints.get(t1)).toMatchObject({ iteration: 7, state })
  await storage.close()
})
