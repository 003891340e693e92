import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SyncReport } from '../../src/documents/sync-report.js'
import { openCairn } from '../../src/open.js'
import { makeDocuments, write } from '../documents/folders.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { startChild } from './child.js'
import { count, expectSound, peek } from './inspect.js'

const tempPath = useTempFolder()
const files = 600

const notes = (version: string): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: files }, (_, index) => {
      const section = (name: string): string => `## ${name} ${index}\n\n${version} of ${name} in note ${index}\n\n`
      return [`${index % 20}/${index}.md`, `# Note ${index}\n\n${['one', 'two', 'three'].map(section).join('')}`]
    }),
  )

async function store(): Promise<string> {
  const path = tempPath()
  await (await openCairn(path)).close()
  return path
}

/** Every document has all of its chunks, of one version, and search has exactly those. */
function expectWhole(path: string): void {
  expectSound(path)
  peek(path, (db) => {
    const all = (query: string): unknown[] => db.prepare(query).all()
    expect(
      all(`select d.path from documents d left join document_chunks c on c.document_id = d.id
           group by d.id having count(c.id) <> d.chunks or count(distinct substr(c.text, -200) like '%first of%') > 1`),
    ).toEqual([])
    expect(all(`select id from document_chunks except select ref from search_items where kind = 'document'`)).toEqual(
      [],
    )
    expect(all(`select ref from search_items where kind = 'document' except select id from document_chunks`)).toEqual(
      [],
    )
  })
}

async function killedAfter(path: string, folder: string, done: number): Promise<void> {
  const child = startChild('sync.mjs', path, folder)
  for (;;) {
    const told = (await child.next()) as { done?: number } | undefined
    if (told === undefined) expect.fail('it ended before it was killed')
    if ((told.done ?? 0) >= done) break
  }
  child.kill()
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' })
}

describe('a sync', () => {
  it('that is killed leaves whole documents, and the next goes on', async () => {
    const path = await store()
    const folder = makeDocuments(notes('first'))
    await killedAfter(path, folder, 100)
    expectWhole(path)
    const stored = count(path, 'select count(*) from documents')
    expect(stored).toBeGreaterThanOrEqual(100)
    const cairn = await openCairn(path)
    try {
      expect(await cairn.documents.sync(folder)).toMatchObject({ added: files - stored, unchanged: stored })
      expectWhole(path)
      write(folder, notes('second'))
      await killedAfter(path, folder, 50)
      expectWhole(path)
      const { changed, unchanged } = await cairn.documents.sync(folder)
      expect([changed + unchanged, changed > 0, unchanged >= 50]).toEqual([files, true, true])
      expectWhole(path)
      expect((await cairn.search('first', { kinds: ['document'] })).hits).toEqual([])
    } finally {
      await cairn.close()
    }
  }, 90_000)

  it('of one folder by several processes at once indexes each file once', async () => {
    const path = await store()
    const folder = makeDocuments(notes('first'))
    const children = [folder, folder, join(folder, '3')].map((each) => startChild('sync.mjs', path, each))
    const reports = await Promise.all(
      children.map(async (child) => {
        const report = (await child.rest()).at(-1) as SyncReport
        expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
        return report
      }),
    )
    const total = (name: 'added' | 'moved' | 'unchanged' | 'changed' | 'removed'): number =>
      reports.reduce((sum, report) => sum + report[name], 0)
    expect([total('added'), total('changed'), total('removed')]).toEqual([files, 0, 0])
    expect(count(path, 'select count(*) from documents')).toBe(files)
    expect(count(path, 'select count(*) from document_folders')).toBe(1)
    expectWhole(path)
  }, 90_000)
})
