import { expect, it, onTestFinished } from 'vitest'
import { loadMigrations, migrate, revertStep } from '../../../src/storage/sqlite/migrations.js'
import { openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { aClaim, aDocument } from '../contract/documents.js'
import { add, found } from '../contract/subject.js'

const newPath = useTempFolder()
const options = { create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const

it('a store of the schema before takes documents, and leaves none of their words when it goes back', async () => {
  const path = newPath()
  const db = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 1_000 })
  onTestFinished(() => {
    db.close()
  })
  const all = loadMigrations()
  const place = all.findIndex(({ name }) => name === 'documents')
  migrate(db, { migrations: all.slice(0, place), now: 0 })

  const storage = await openSqliteStorage({ ...options, path })
  await add(storage, { value: '"green tea"' })
  await storage.documents.claimFolder(aClaim())
  await storage.documents.put(aDocument())
  const chunk = 'project:default guide/tea.md'
  expect((await found(storage, 'green tea', { perDocument: 2 })).sort()).toEqual([chunk, chunk, 'user:alice tone 1'])
  await storage.close()

  for (const step of all.slice(place).reverse()) revertStep(db, step)
  const kinds = (): unknown[] => db.prepare('select kind from search_items').pluck().all()
  expect(kinds()).toEqual(['memory'])
  expect(db.prepare('select count(*) from search_text_docsize').pluck().get()).toBe(1)
  db.exec(`insert into search_text (search_text) values ('integrity-check')`)

  const again = await openSqliteStorage({ ...options, path })
  expect(await found(again, 'green tea')).toEqual(['user:alice tone 1'])
  await again.close()
})
