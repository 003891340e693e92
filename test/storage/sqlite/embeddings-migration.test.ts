import { expect, it, onTestFinished } from 'vitest'
import { loadMigrations, migrate, revertStep } from '../../../src/storage/sqlite/migrations.js'
import { openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import type { Storage } from '../../../src/storage/storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { aClaim, aDocument } from '../contract/documents.js'
import { answerAll, openSpace, progressOf } from '../contract/embedding-subject.js'
import { add, anEvent, append, author, createSession, found } from '../contract/subject.js'
import { schemaText } from './schema-text.js'

const newPath = useTempFolder()
const options = { create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const

async function withStore(path: string, work: (storage: Storage) => Promise<void>): Promise<void> {
  const storage = await openSqliteStorage({ ...options, path })
  await work(storage).finally(() => storage.close())
}

it('a store of the schema before gets vectors for all that it has, and leaves none when it goes back', async () => {
  const path = newPath()
  const db = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 1_000 })
  onTestFinished(() => {
    db.close()
  })
  const all = loadMigrations()
  const place = all.findIndex(({ name }) => name === 'embeddings')
  const goBack = (): void => {
    for (const step of all.slice(place).reverse()) revertStep(db, step)
  }
  migrate(db, { migrations: all.slice(0, place), now: 0 })
  const before = schemaText(db)
  const tea = ['project:default guide/tea.md', 's1 1', 'user:alice tone 1']
  await withStore(path, async (storage) => {
    await add(storage, { value: '"green tea"' })
    await createSession(storage)
    await append(storage, [anEvent({ content: '{"text":"green tea"}' })])
    await storage.documents.claimFolder(aClaim())
    await storage.documents.put(aDocument())
  })
  goBack()
  expect(schemaText(db)).toBe(before)

  await withStore(path, async (storage) => {
    expect((await found(storage, 'green')).sort()).toEqual(tea)
    expect(await storage.embeddings.spaces()).toEqual([])
    await openSpace(storage)
    expect(await answerAll(storage)).toBe(4)
    await storage.sessions.delete({ id: 's1', owner: undefined, author: author() })
    expect(await progressOf(storage)).toMatchObject({ vectors: 3, waiting: 0 })
  })
  goBack()
  expect(schemaText(db)).toBe(before)
  expect(db.prepare('select * from sqlite_sequence').all()).toEqual([])
  expect(db.pragma('foreign_key_check')).toEqual([])

  await withStore(path, async (storage) => {
    expect((await found(storage, 'green')).sort()).toEqual(tea.filter((name) => name !== 's1 1'))
    await add(storage, { key: 'more', chain: 'more', value: '"black tea"' })
    expect(await storage.embeddings.spaces()).toEqual([])
    expect(await progressOf(storage)).toBeNull()
  })
})
