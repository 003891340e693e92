import { expect, it, onTestFinished } from 'vitest'
import { loadMigrations, migrate, revertStep } from '../../../src/storage/sqlite/migrations.js'
import { openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { schemaText } from './schema-text.js'

const newPath = useTempFolder()
const options = { create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const

it('folders of the schema before have skipped nothing that is known, and are kept when it goes back', async () => {
  const path = newPath()
  const db = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 1_000 })
  onTestFinished(() => {
    db.close()
  })
  const all = loadMigrations()
  const place = all.findIndex(({ name }) => name === 'skipped_files')
  migrate(db, { migrations: all.slice(0, place), now: 0 })
  const before = schemaText(db)
  db.exec(`insert into document_folders (id, namespace, root, identity, synced_at, error, created_at)
           values ('f1', 'project:default', '/notes', '1:2', 8, 'gone', 0)`)
  const kept = db.prepare('select * from document_folders').all()

  const storage = await openSqliteStorage({ ...options, path })
  const folders = () => storage.documents.folders({ namespaces: undefined })
  expect(await folders()).toMatchObject([{ syncedAt: 8, error: 'gone', skipped: '[]', skippedCount: 0 }])
  const skipped = { count: 3, files: '[{"path":"/notes/a.md","reason":"binary"}]' }
  const outcome = { identity: '1:2', error: 'gone', skipped }
  await storage.documents.finishFolder({ folders: ['f1'], holder: 'p1', now: 8, outcome })
  expect(await folders()).toMatchObject([{ skipped: skipped.files, skippedCount: 3 }])
  await storage.close()

  for (const step of all.slice(place).reverse()) revertStep(db, step)
  expect(schemaText(db)).toBe(before)
  expect(db.prepare('select * from document_folders').all()).toEqual(kept)
})
