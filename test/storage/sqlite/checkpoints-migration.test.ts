import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { loadMigrations, migrate } from '../../../src/storage/sqlite/migrations.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'

const newPath = useTempFolder()

it('checkpoints that were stored before there were differences are read, and built on', async () => {
  const path = newPath()
  const state = JSON.stringify({ notes: Array.from({ length: 500 }, (_, index) => `é note ${index}`) })
  const db = new Database(path)
  db.pragma('journal_mode = wal')
  migrate(db, { migrations: loadMigrations().slice(0, 1), now: 0 })
  db.exec(`insert into tasks (id, prompt, status, submitted_at, updated_at, created_by)
           values ('t1', '', 'running', 0, 0, 'root')`)
  const insert = 'insert into checkpoints (task_id, iteration, state, created_at) values (?, ?, ?, ?)'
  db.prepare(insert).run('t1', 7, state, 9)
  db.close()
  const storage = await openSqliteStorage({
    ...{ path, create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false },
  })
  const t1 = { task: 't1', owner: { app: null, user: null, project: null } }
  const bytes = Buffer.byteLength(state)
  expect(await storage.checkpoints.get(t1)).toEqual({
    ...{ iteration: 7, base: null, bytes, storedBytes: bytes, session: null, createdAt: 9, state },
  })
  const author = { actor: 'root', principal: '{"root":true}', agent: null, now: 10 }
  const next = state.replace('note 33"', 'another note"')
  const put = await storage.checkpoints.put({ ...t1, iteration: 8, state: next, session: null, author })
  expect(put).toMatchObject({ base: 7 })
  expect(await storage.checkpoints.get(t1)).toMatchObject({ iteration: 8, state: next })
  await storage.close()
})
