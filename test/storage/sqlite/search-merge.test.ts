import Database from 'better-sqlite3'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openCairn } from '../../../src/open.js'
import { openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { mergeIndex } from '../../../src/storage/sqlite/search-merge.js'
import { useTempFolder } from '../../helpers/temp-folder.js'

const newPath = useTempFolder()

/** A store with a memory for each of many transactions, some of which are deleted again. */
async function fill(path: string): Promise<void> {
  const cairn = await openCairn({ db: path, threads: false })
  for (let index = 0; index < 40; index++) {
    const value = `harbour ${index} ${index % 2 ? 'odd' : 'even'}`
    await cairn.memories.add({ namespace: 'user:alice', key: `k${index}`, value, type: 'semantic' })
  }
  for (let index = 0; index < 40; index += 4) await cairn.memories.delete('user:alice', `k${index}`)
  await cairn.close()
}

async function findings(path: string): Promise<unknown[]> {
  const cairn = await openCairn({ db: path, threads: false })
  const answers = ['harbour', 'even', 'odd 7', 'harbour 4'].map((text) => cairn.search(text, { limit: 100 }))
  const hits = (await Promise.all(answers)).map((answer) => answer.hits)
  await cairn.close()
  return hits
}

function partsOf(path: string): number {
  const db = new Database(path, { readonly: true })
  const parts = db.prepare('select count(distinct segid) from search_text_idx').pluck().get() as number
  db.close()
  return parts
}

it('leaves an index of one part that finds the same', async () => {
  const path = newPath()
  await fill(path)
  const before = await findings(path)
  expect(partsOf(path)).toBeGreaterThan(2)
  const db = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 0 })
  for (let pieces = 0; mergeIndex(db); pieces++) expect(pieces).toBeLessThan(100)
  db.exec(`insert into search_text (search_text) values ('integrity-check')`)
  db.close()
  expect(partsOf(path)).toBeLessThanOrEqual(2)
  expect(await findings(path)).toEqual(before)
})

it('is done by a process that has written and has nothing to do', async () => {
  const path = newPath()
  await fill(path)
  const cairn = await openCairn({ db: path })
  onTestFinished(() => cairn.close())
  expect(partsOf(path)).toBeGreaterThan(2)
  await cairn.memories.add({ namespace: 'user:alice', key: 'last', value: 'harbour', type: 'semantic' })
  await vi.waitFor(() => expect(partsOf(path)).toBeLessThanOrEqual(2), { timeout: 20_000, interval: 100 })
  expect((await cairn.search('harbour', { limit: 100 })).hits).toHaveLength(31)
})
