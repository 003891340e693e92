import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { now } from '../contract/subject.js'
import { claim, drain, submit } from '../contract/work.js'

const newPath = useTempFolder()

it('rows of another origin that lack their times do not wait for ever', async () => {
  const path = newPath()
  const options = { path, create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const
  const storage = await openSqliteStorage(options)
  await submit(storage, [{ id: 'pending' }, { id: 'running' }])
  const db = new Database(path)
  db.exec(`update tasks set status = id`)
  db.close()
  expect(await drain(storage)).toEqual(['pending'])
  expect(await claim(storage, {}, { now: now + 10_000 })).toMatchObject({ id: 'running', retryCount: 1 })
  await storage.close()
})
