import { expect, it, onTestFinished } from 'vitest'
import { loadMigrations, migrate, revertStep } from '../../../src/storage/sqlite/migrations.js'
import { openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { appendOwn, eventIds, fork, ownState, step } from '../contract/branches.js'

const newPath = useTempFolder()
const options = { create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const

it('sessions of the schema before can be forked, and forks are whole in it again', async () => {
  const path = newPath()
  const db = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 1_000 })
  onTestFinished(() => {
    db.close()
  })
  const all = loadMigrations()
  const place = all.findIndex(({ name }) => name === 'branches')
  migrate(db, { migrations: all.slice(0, place), now: 0 })
  db.exec(`insert into sessions (id, app_id, user_id, status, last_seq, created_at, updated_at)
    values ('s1', 'support', 'alice', 'active', 3, 0, 0)`)
  const insert = db.prepare(`insert into session_events (
      session_id, seq, event_id, type, actor, timestamp, recorded_at, content, state_delta)
    values ('s1', ?, ?, 'message', 'user', 0, 0, '{}', ?)`)
  for (const seq of [1, 2, 3]) insert.run(seq, `e${seq}`, JSON.stringify({ topic: seq }))

  const storage = await openSqliteStorage({ ...options, path })
  await fork(storage, 's1', 's2', 2)
  expect(await ownState(storage, 's2')).toEqual({ topic: 2 })
  await appendOwn(storage, 's2', [step(3, 'f3')])
  await fork(storage, 's2', 's3')
  await fork(storage, 's3', 's4', 1)
  expect(await eventIds(storage, 's3')).toEqual(['e1', 'e2', 'f3'])
  await storage.close()

  for (const step of all.slice(place).reverse()) revertStep(db, step)
  const held = db.prepare('select event_id from session_events where session_id = ? order by seq').pluck()
  expect(['s1', 's2', 's3', 's4'].map((id) => held.all(id))).toEqual([
    ['e1', 'e2', 'e3'],
    ['e1', 'e2', 'f3'],
    ['e1', 'e2', 'f3'],
    ['e1'],
  ])
})
