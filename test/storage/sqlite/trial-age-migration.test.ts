import { expect, it, onTestFinished } from 'vitest'
import { loadMigrations, migrate, revertStep } from '../../../src/storage/sqlite/migrations.js'
import { openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { schemaText } from './schema-text.js'

const newPath = useTempFolder()
const options = { create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const

it('a space of the schema before keeps what was found, is tried anew, and is as it was when it goes back', async () => {
  const path = newPath()
  const db = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 1_000 })
  onTestFinished(() => {
    db.close()
  })
  const all = loadMigrations()
  const place = all.findIndex(({ name }) => name === 'trial_age')
  migrate(db, { migrations: all.slice(0, place), now: 0 })
  const before = schemaText(db)
  db.exec(`insert into embedding_spaces (name, provider, model, dimensions, document_prefix, query_prefix, state,
             created_at, activated_at, found, tried_with)
           values ('fake/letters/2', 'fake', 'letters', 2, '', '', 'active', 0, 0, 0.5, 1);
           insert into embedding_codes (item, space_id, text_hash, code) values (1, 1, zeroblob(16), x'03')`)
  const kept = db.prepare('select * from embedding_spaces').all()

  const storage = await openSqliteStorage({ ...options, path })
  const space = 'fake/letters/2'
  expect(await storage.embeddings.spaces()).toMatchObject([{ found: 0.5, triedWith: 1 }])
  expect(await storage.embeddings.trialDue({ space, fewest: 1 })).toBe(1)
  await storage.embeddings.noteTrial({ space, found: 0.5, vectors: 1 })
  expect(await storage.embeddings.trialDue({ space, fewest: 1 })).toBeNull()
  await storage.close()

  for (const step of all.slice(place).reverse()) revertStep(db, step)
  expect(schemaText(db)).toBe(before)
  expect(db.prepare('select * from embedding_spaces').all()).toEqual(kept)
})
