import Database from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { migrate } from '../../../src/storage/sqlite/migrations.js'
import { setSessionStatus } from '../../../src/storage/sqlite/session-status.js'
import { createSession } from '../../../src/storage/sqlite/sessions-write.js'
import { aSession, author, now } from '../contract/subject.js'

it('keeps a value for the owner of the session alone, even where a row names the session for another', () => {
  const db = new Database(':memory:')
  onTestFinished(() => void db.close())
  migrate(db, { now })
  createSession(db, { session: aSession(), author: author() })
  const insert = db.prepare(`insert into state values ('user', ?, 'theme', '1', 's1', 0)`)
  for (const owner of ['alice', 'bob']) insert.run(owner)
  const ended = setSessionStatus(db, { id: 's1', owner: undefined, to: 'terminated', chain: 'c', author: author() })
  expect(ended).toMatchObject({ kept: [{ namespace: 'user:alice:state', key: 'theme', version: 1 }], removed: [] })
})
