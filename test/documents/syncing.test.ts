import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { DocumentFolder } from '../../src/documents/document.js'
import { findFolders } from '../../src/documents/sync-folders.js'
import type { SyncReport } from '../../src/documents/sync-report.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'
import { makeDocuments, write } from './folders.js'

/** Root may read everything, so root is somebody else for a while. */
async function asNobody<T>(act: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return act()
  process.seteuid?.(65_534)
  try {
    return await act()
  } finally {
    process.seteuid?.(0)
  }
}

/** What is not zero or empty in a report, without the time it took. */
function brief({ tookMs, skipped, warnings, ...counts }: SyncReport): object {
  expect(tookMs).toBeGreaterThanOrEqual(0)
  const done = Object.entries(counts).filter(([, count]) => count > 0)
  return {
    ...Object.fromEntries(done),
    ...(skipped.length > 0 && { skipped }),
    ...(warnings.length > 0 && { warnings }),
  }
}

const sync = async (cairn: Cairn, folder: string | string[], options = {}) =>
  brief(await cairn.documents.sync(folder, options))

const paths = async (cairn: Cairn) => (await cairn.documents.list()).items.map(({ path }) => path)
const idOf = async (cairn: Cairn, path: string) => (await cairn.documents.get(path))?.id
const found = async (cairn: Cairn, text: string) =>
  (await cairn.search(text, { kinds: ['document'], duplicates: true })).hits.map(({ ref }) =>
    'path' in ref ? ref.path : '',
  )

describe('a sync', () => {
  it('names nothing that goes while it runs, and leaves it to the next', async () => {
    const { cairn } = await openStore()
    const names = Array.from({ length: 40 }, (_, index) => `sub/${index}.md`)
    const folder = makeDocuments({ 'a.md': 'alpha', 'b.md': 'beta', 'sub/old.md': 'as it was' })
    await sync(cairn, folder)
    const id = await idOf(cairn, 'sub/old.md')
    write(folder, { 'sub/old.md': 'changed', ...Object.fromEntries(names.map((name) => [name, name])) })
    const { skipped, added } = await cairn.documents.sync(folder, {
      onProgress: ({ done }) => done === 5 && renameSync(join(folder, 'sub'), join(folder, 'new')),
    })
    expect(skipped).toEqual([])
    expect((await cairn.documents.status()).items).toMatchObject([{ failed: 0, error: null }])
    write(folder, { 'new/old.md': 'as it was' })
    rmSync(join(folder, 'new/39.md'))
    expect(await sync(cairn, folder)).toMatchObject({ added: 39 - added })
    expect(await idOf(cairn, 'new/old.md')).toBe(id)
    rmSync(join(folder, 'new'), { recursive: true })
    expect(await sync(cairn, folder)).toEqual({ removed: 40, unchanged: 2 })
  })

  it('takes a file that grows while it is read as it was at a moment, and all of it afterwards', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'log.md': '' })
    const text = Array.from({ length: 4_000 }, (_, index) => `line ${index} of what is being written\n`).join('')
    const program = `
      const [file, text] = [process.argv[1], require('node:fs').readFileSync(0, 'utf8')]
      const write = (at) => {
        require('node:fs').appendFileSync(file, text.slice(at, at + 9))
        if (at + 9 < text.length) setImmediate(write, at + 9)
      }
      write(0)`
    const writer = spawn(process.execPath, ['-e', program, join(folder, 'log.md')], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    onTestFinished(() => void writer.kill())
    const isOver = once(writer, 'exit').then(() => true)
    const stored = async () => {
      const { skipped } = await cairn.documents.sync(folder)
      expect(skipped).toEqual([])
      const { bytes = 0, sha256 } = (await cairn.documents.get('log.md')) ?? {}
      expect(sha256).toBe(createHash('sha256').update(text.slice(0, bytes)).digest('hex'))
      return bytes
    }
    const sizes = [await stored()]
    writer.stdin.end(text)
    do sizes.push(await stored())
    while (!(await Promise.race([isOver, nextTurn(false)])))
    expect(new Set(sizes).size).toBeGreaterThan(1)
    expect(await stored()).toBe(text.length)
  })

  it('says each time which front matter is broken, until it is mended, and stores nothing anew', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': '---\na: [\n---\nalpha', 'b.md': 'beta' })
    const warnings = [{ path: join(folder, 'a.md'), reason: expect.stringContaining('not YAML') }]
    expect(await sync(cairn, folder)).toEqual({ added: 2, warnings })
    for (const _ of [1, 2]) expect(await sync(cairn, folder)).toEqual({ unchanged: 2, warnings })
    expect((await cairn.documents.list({ failed: true })).items).toMatchObject([{ path: 'a.md', status: 'failed' }])
    expect((await cairn.documents.status()).items).toMatchObject([{ documents: 2, failed: 1, error: null }])
    expect(await found(cairn, 'alpha')).toEqual(['a.md'])
    write(folder, { 'a.md': '---\na: []\n---\nalpha' })
    expect(await sync(cairn, folder)).toEqual({ changed: 1, unchanged: 1 })
    expect((await cairn.documents.list({ failed: true })).items).toEqual([])
  })

  it('keeps which files it skipped with the folder, and why, until they are not', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'docs/a.md': 'alpha', 'docs/b.md': 'a\0b', 'docs/sub/c.md': 'c\0d' })
    const docs = join(folder, 'docs')
    const status = async () => (await cairn.documents.status()).items[0]
    const c = { path: join(docs, 'sub/c.md'), reason: 'binary' }
    const { skipped } = await cairn.documents.sync(docs)
    expect(skipped).toEqual([{ path: join(docs, 'b.md'), reason: 'binary' }, c])
    expect(await status()).toMatchObject({ skipped, skippedCount: 2, error: null })
    write(docs, { 'b.md': 'beta' })
    await sync(cairn, docs)
    const left = { skipped: [c], skippedCount: 1 }
    expect(await status()).toMatchObject({ ...left, error: null })
    // A sync that fails has found out nothing about them.
    renameSync(docs, join(folder, 'away'))
    mkdirSync(docs)
    await refusal(cairn.documents.sync(docs), 'not_found')
    expect(await status()).toMatchObject({ ...left, error: expect.stringContaining('another folder') })
    rmSync(docs, { recursive: true })
    renameSync(join(folder, 'away'), docs)
    await sync(cairn, docs, { exclude: ['sub'] })
    expect(await status()).toMatchObject({ skipped: [], skippedCount: 0, error: null })
  })

  it('keeps a hundred of the files that it skipped, and how many there were', async () => {
    const { cairn } = await openStore()
    const names = Array.from({ length: 120 }, (_, index) => `${1_000 + index}.md`)
    const folder = makeDocuments(Object.fromEntries(names.map((name) => [name, 'a\0b'])))
    await sync(cairn, folder)
    const { skipped, skippedCount } = (await cairn.documents.status()).items[0] as DocumentFolder
    expect(skippedCount).toBe(120)
    expect(skipped.map(({ path }) => path)).toEqual(names.slice(0, 100).map((name) => join(folder, name)))
  })

  it('makes the chunks of unchanged files anew when they were made by an older version', async () => {
    const { cairn, path } = await openStore()
    const folder = makeDocuments({ 'a.md': 'alpha', 'b.md': 'beta' })
    await sync(cairn, folder)
    const db = new Database(path)
    // As version 1 stamped them.
    db.exec(`update documents set stamp = replace(stamp, ' v4', '') where path = 'a.md'`)
    db.exec(`update document_chunks set text = 'as it was'`)
    db.close()
    expect(await sync(cairn, folder)).toEqual({ changed: 1, unchanged: 1 })
    expect((await cairn.documents.get('a.md'))?.content).toMatchObject([{ text: 'alpha' }])
    expect((await cairn.documents.get('b.md'))?.content).toMatchObject([{ text: 'as it was' }])
    expect(await sync(cairn, folder)).toEqual({ unchanged: 2 })
  })

  it('makes the index what a folder is, however that changes', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'tea.md': '# Tea\n\ngreen', 'sub/pots.md': '# Pots\n\niron', 'image.png': 'x' })
    expect(await sync(cairn, folder)).toEqual({ added: 2 })
    expect(await sync(cairn, folder)).toEqual({ unchanged: 2 })
    expect(await found(cairn, 'green')).toEqual(['tea.md'])

    write(folder, { 'tea.md': '# Tea\n\nblack', 'cups.md': 'clay' })
    rmSync(join(folder, 'sub'), { recursive: true })
    expect(await sync(cairn, folder)).toEqual({ added: 1, changed: 1, removed: 1 })
    expect(await paths(cairn)).toEqual(['cups.md', 'tea.md'])
    expect(await found(cairn, 'green iron')).toEqual([])
    expect(await found(cairn, 'black clay')).toEqual(['cups.md', 'tea.md'])
  })

  it('finds what is in a document, with its heading and lines, by its words and by where it stands', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({
      'guide/set-up.md': '---\ntags: [a]\n---\n# Guide\n\nHello.\n\n## Linux\n\nRun the installer.\n',
    })
    await sync(cairn, folder)
    const { hits } = await cairn.search('installer')
    expect(hits).toMatchObject([
      {
        kind: 'document',
        ref: {
          ...{
            namespace: 'project:default',
            root: folder,
            path: 'guide/set-up.md',
            heading: 'Guide > Linux',
            lines: [8, 10],
          },
        },
        snippet: { text: '## Linux Run the installer.', marks: [[17, 26]] },
      },
    ])
    expect(await found(cairn, 'linux')).toEqual(['guide/set-up.md'])
    expect(await cairn.documents.get('guide/set-up.md')).toMatchObject({
      ...{ title: 'Guide', metadata: { tags: ['a'] }, chunks: 2, status: 'synced', error: null, root: folder },
      content: [
        { heading: 'Guide', lines: [4, 6] },
        { heading: 'Guide > Linux', lines: [8, 10], text: '## Linux\n\nRun the installer.' },
      ],
    })
  })

  it('recognises what was moved, and keeps its id', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': 'first text', 'b.md': 'second text', 'c.md': 'third text' })
    await sync(cairn, folder)
    const [a, b] = [await idOf(cairn, 'a.md'), await idOf(cairn, 'b.md')]
    mkdirSync(join(folder, 'sub'))
    renameSync(join(folder, 'a.md'), join(folder, 'sub/renamed.md'))
    // Moved onto another, which goes.
    renameSync(join(folder, 'b.md'), join(folder, 'c.md'))
    expect(await sync(cairn, folder)).toEqual({ moved: 1, changed: 1, removed: 1 })
    expect(await idOf(cairn, 'sub/renamed.md')).toBe(a)
    expect(await idOf(cairn, 'c.md')).not.toBe(b)
    expect(await found(cairn, 'renamed')).toEqual(['sub/renamed.md'])
    const { items } = await cairn.audit.list({ namespace: 'project:default', key: 'sub/renamed.md' })
    expect(items).toMatchObject([{ subject: 'document', operation: 'update', detail: { from: 'a.md' } }])
  })

  it('tells copies of the same text apart, and moves the one of the same name', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'one/a.md': 'same', 'one/b.md': 'same', 'one/c.md': 'same' })
    await sync(cairn, folder)
    const ids = await Promise.all(['one/a.md', 'one/b.md', 'one/c.md'].map((path) => idOf(cairn, path)))
    renameSync(join(folder, 'one'), join(folder, 'two'))
    write(folder, { '0.md': 'same', 'd.md': 'same' })
    expect(await sync(cairn, folder)).toEqual({ added: 2, moved: 3 })
    const moved = await Promise.all(['two/a.md', 'two/b.md', 'two/c.md', 'd.md'].map((path) => idOf(cairn, path)))
    expect(new Set(moved).size).toBe(4)
    expect(moved.slice(0, 3)).toEqual(ids)
  })

  it('takes the root of the file system for a folder like any other', async () => {
    expect(await findFolders(['/'])).toMatchObject([{ path: '/' }])
    expect(await findFolders(['/', makeDocuments()])).toMatchObject([{ path: '/' }])
  })

  it('moves documents between folders that are synced together', async () => {
    const { cairn } = await openStore()
    const [one, two] = [makeDocuments({ 'a.md': 'text' }), makeDocuments()]
    await sync(cairn, [one, two])
    const id = await idOf(cairn, 'a.md')
    renameSync(join(one, 'a.md'), join(two, 'b.md'))
    expect(await sync(cairn, [one, two])).toEqual({ moved: 1 })
    expect(await cairn.documents.get('b.md')).toMatchObject({ id, root: two })
  })

  it('believes the hash, and neither size nor times', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': 'green', 'b.md': 'same' })
    const old = new Date('2020-01-01')
    utimesSync(join(folder, 'a.md'), old, old)
    await sync(cairn, folder)
    write(folder, { 'a.md': 'black' })
    utimesSync(join(folder, 'a.md'), old, old)
    utimesSync(join(folder, 'b.md'), old, old)
    expect(await sync(cairn, folder)).toEqual({ changed: 1, unchanged: 1 })
    expect(await found(cairn, 'black')).toEqual(['a.md'])
  })

  it('does not read a file again that cannot have changed', async () => {
    const { cairn, clock } = await openStore({ auditReads: 'off' })
    const folder = makeDocuments({ 'a.md': 'text' })
    clock.set(Date.now() + 60_000)
    await sync(cairn, folder)
    const before = await cairn.documents.get('a.md')
    // Were it read, it would fail.
    const progress: string[] = []
    const onProgress = ({ phase, total }: { phase: string; total: number }) => progress.push(`${phase} ${total}`)
    expect(await sync(cairn, folder, { onProgress })).toEqual({ unchanged: 1 })
    expect(progress).toEqual(['scanning 0'])
    expect(await cairn.documents.get('a.md')).toEqual(before)
  })

  it('tells how far it is', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': '1', 'b.md': '2' })
    const told: object[] = []
    await sync(cairn, folder, { onProgress: (progress: object) => told.push(progress) })
    expect(told).toEqual([
      { phase: 'scanning', done: 0, total: 0 },
      { phase: 'indexing', done: 1, total: 2 },
      { phase: 'indexing', done: 2, total: 2 },
    ])
  })

  it('takes the files that are asked for, and removes those that are not any more', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({
      'a.md': '1',
      'drafts/b.md': '2',
      'guide/c.md': '3',
      'guide/deep/d.md': '4',
      'e.txt': '5',
    })
    expect(await sync(cairn, folder, { exclude: ['drafts'] })).toEqual({ added: 3 })
    expect(await sync(cairn, folder, { include: ['guide/**'] })).toEqual({ unchanged: 2, removed: 1 })
    expect(await sync(cairn, folder, { include: ['*.txt', 'a.md'] })).toEqual({ added: 2, removed: 2 })
    expect(await paths(cairn)).toEqual(['a.md', 'e.txt'])
    expect(await sync(cairn, folder)).toEqual({ added: 3, unchanged: 1, removed: 1 })
  })

  it('of a part of a folder changes that part only', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': '1', 'sub/b.md': '2' })
    await sync(cairn, folder)
    write(folder, { 'a.md': 'other', 'sub/c.md': '3' })
    rmSync(join(folder, 'sub/b.md'))
    expect(await sync(cairn, join(folder, 'sub'))).toEqual({ added: 1, removed: 1 })
    expect(await cairn.documents.get('sub/c.md')).toMatchObject({ root: folder })
    expect((await cairn.documents.status()).items).toMatchObject([{ root: folder, documents: 2 }])
    expect(await sync(cairn, [join(folder, 'sub'), folder, folder])).toEqual({ changed: 1, unchanged: 1 })
  })

  it('of a folder around another takes its documents over', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': '1', 'sub/b.md': 'two' })
    await sync(cairn, join(folder, 'sub'))
    const id = await idOf(cairn, 'b.md')
    expect(await sync(cairn, folder)).toEqual({ added: 1, moved: 1 })
    expect(await cairn.documents.get('sub/b.md')).toMatchObject({ id, root: folder })
    expect((await cairn.documents.status()).items).toMatchObject([{ root: folder, documents: 2 }])
    expect(await sync(cairn, folder)).toEqual({ unchanged: 2 })
  })

  it('keeps the same folder apart in several namespaces', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': 'text' })
    expect(await sync(cairn, folder)).toEqual({ added: 1 })
    expect(await sync(cairn, folder, { namespace: 'user:alice' })).toEqual({ added: 1 })
    const error = await refusal(cairn.documents.get('a.md'), 'invalid_input')
    expect(error.message).toContain('project:default')
    expect(error.details).toMatchObject({ documents: [{ namespace: 'project:default' }, { namespace: 'user:alice' }] })
    expect(await refusal(cairn.documents.remove(join(folder, 'a.md')), 'invalid_input')).toEqual(
      await refusal(cairn.documents.get(join(folder, 'a.md')), 'invalid_input'),
    )
    expect(await cairn.documents.get('a.md', { namespace: 'user:alice' })).toMatchObject({ namespace: 'user:alice' })
    expect(await cairn.documents.remove('a.md', { namespace: 'user:alice' })).toBe(1)
    expect(await paths(cairn)).toEqual(['a.md'])
  })

  it('names a document that a caller may not look at to nobody', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a/README.md': 'one', 'b/README.md': 'two' })
    await sync(cairn, join(folder, 'a'), { namespace: 'user:alice' })
    await sync(cairn, join(folder, 'b'), { namespace: 'user:bob' })
    await refusal(cairn.documents.remove('README.md'), 'invalid_input')
    const alice = cairn.as({ user: 'alice' })
    expect(await alice.documents.get('README.md')).toMatchObject({ root: join(folder, 'a') })
    expect(await alice.documents.remove('README.md')).toBe(1)
    expect((await cairn.documents.list()).items).toMatchObject([{ root: join(folder, 'b') }])
  })

  it('goes by the real path of a folder that is named through a link', async () => {
    const { cairn, folder: other } = await openStore()
    const folder = makeDocuments({ 'a.md': 'text' })
    symlinkSync(folder, join(other, 'link'))
    await sync(cairn, join(other, 'link'))
    expect(await sync(cairn, folder)).toEqual({ unchanged: 1 })
    expect(await cairn.documents.get(join(other, 'link', 'a.md'))).toMatchObject({ root: folder })
  })

  it('works in threads as without', async () => {
    const { cairn } = await openStore({ threads: true })
    const files = Array.from({ length: 60 }, (_, index) => [`${index}/note.md`, `# Note ${index}\n\nabout ${index}`])
    const folder = makeDocuments(Object.fromEntries(files))
    expect(await sync(cairn, folder)).toEqual({ added: 60 })
    rmSync(join(folder, '7/note.md'))
    renameSync(join(folder, '8'), join(folder, 'eight'))
    expect(await sync(cairn, folder)).toEqual({ unchanged: 58, removed: 1, moved: 1 })
    expect(await found(cairn, 'eight')).toEqual(['eight/note.md'])
  })

  it('is one at a time for a folder: another waits, and finds nothing left to do', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments(
      Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}.md`, `${index}`])),
    )
    const phasesOf = async (path: string): Promise<{ report: object; waited: boolean }> => {
      const phases: string[] = []
      const onProgress = ({ phase }: { phase: string }) => phases.push(phase)
      return { report: await sync(cairn, path, { onProgress }), waited: phases[0] === 'waiting' }
    }
    const both = await Promise.all([phasesOf(folder), phasesOf(join(folder, '.'))])
    // Which of them comes first is for the file system to say.
    expect(both).toContainEqual({ report: { added: 30 }, waited: false })
    expect(both).toContainEqual({ report: { unchanged: 30 }, waited: true })
  })

  it('keeps a folder that it has while it waits for another', async () => {
    const { cairn, clock, path } = await openStore()
    const folders = [makeDocuments({ 'a.md': 'a' }), makeDocuments({ 'b.md': 'b' })].sort()
    await sync(cairn, folders)
    const db = new Database(path)
    onTestFinished(() => void db.close())
    const names = `select 'documents:' || id from document_folders order by root`
    const [first, second] = db.prepare(names).pluck().all()
    db.prepare('insert into leases values (?, ?, ?)').run(second, 'other', clock() + 60_000)
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const expiry = () => db.prepare('select expires_at from leases where name = ?').pluck().get(first) as number
    let [waits, least] = [0, Number.POSITIVE_INFINITY]
    const onProgress = ({ phase }: { phase: string }): void => {
      if (phase !== 'waiting') return
      least = Math.min(least, expiry() - clock())
      if (++waits === 4) db.prepare('delete from leases where holder = ?').run('other')
      clock.advance(4_000)
      vi.advanceTimersByTime(4_000)
    }
    expect(await sync(cairn, folders, { onProgress })).toEqual({ unchanged: 2 })
    expect(waits).toBe(4)
    expect(least).toBeGreaterThan(0)
    expect(db.prepare('select count(*) from leases').pluck().get()).toBe(0)
  })

  it('that is cancelled leaves whole documents, and the next goes on', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments(
      Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${index}.md`, `${index}`])),
    )
    const controller = new AbortController()
    const cancelled = cairn.documents.sync(folder, {
      signal: controller.signal,
      onProgress: ({ done }) => done === 5 && controller.abort(),
    })
    await refusal(cancelled, 'cancelled')
    const stored = (await paths(cairn)).length
    expect(stored).toBeGreaterThanOrEqual(5)
    expect(stored).toBeLessThan(40)
    expect((await cairn.documents.status()).items).toMatchObject([{ syncedAt: null, error: null }])
    expect(await sync(cairn, folder)).toEqual({ added: 40 - stored, unchanged: stored })
    await refusal(cairn.documents.sync(folder, { signal: AbortSignal.abort() }), 'cancelled')
  })
})

describe('nothing is lost', () => {
  it('when a folder is gone, or not a folder, or empty where another was', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'docs/a.md': 'text' })
    const docs = join(folder, 'docs')
    await sync(cairn, docs)
    renameSync(docs, join(folder, 'away'))
    const error = await refusal(cairn.documents.sync(docs), 'not_found')
    expect(error.message).toBe(`There is no folder ${docs}.`)
    write(folder, { docs: 'a file' })
    await refusal(cairn.documents.sync(docs), 'invalid_input')
    rmSync(docs)
    mkdirSync(docs)
    expect((await refusal(cairn.documents.sync(docs), 'not_found')).message).toContain('another folder')
    expect(await paths(cairn)).toEqual(['a.md'])
    expect((await cairn.documents.status()).items[0]?.error).toContain('another folder')
    rmSync(docs, { recursive: true })
    renameSync(join(folder, 'away'), docs)
    expect(await sync(cairn, docs)).toEqual({ unchanged: 1 })
    expect((await cairn.documents.status()).items[0]?.error).toBeNull()
    rmSync(join(docs, 'a.md'))
    expect(await sync(cairn, docs)).toEqual({ removed: 1 })
  })

  it('when a part of a folder is empty: a disk may be missing there', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': 'text', 'usb/b.md': 'more' })
    await sync(cairn, folder)
    rmSync(join(folder, 'usb'), { recursive: true })
    mkdirSync(join(folder, 'usb'))
    const { message, hint } = await refusal(cairn.documents.sync(join(folder, 'usb')), 'not_found')
    expect(message).toContain('is empty, and documents of it are indexed')
    expect(hint).toContain(`sync ${folder}.`)
    expect(await paths(cairn)).toEqual(['a.md', 'usb/b.md'])
    expect(await sync(cairn, folder)).toEqual({ removed: 1, unchanged: 1 })
  })

  it('when a folder is made anew and given the inode of the one before', async () => {
    const { cairn } = await openStore()
    const docs = join(makeDocuments({ 'docs/a.md': 'text' }), 'docs')
    await sync(cairn, docs)
    rmSync(docs, { recursive: true })
    // Most file systems give the inode that was freed last.
    mkdirSync(docs)
    expect((await refusal(cairn.documents.sync(docs), 'not_found')).message).toContain('another folder')
    expect(await paths(cairn)).toEqual(['a.md'])
  })

  it('when a folder vanishes in the middle', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'docs/a.md': 'text', 'docs/b.md': 'more' })
    const docs = join(folder, 'docs')
    await sync(cairn, docs)
    write(folder, { 'docs/a.md': 'other' })
    const vanishing = cairn.documents.sync(docs, {
      onProgress: ({ phase }) => phase === 'indexing' && rmSync(docs, { recursive: true, force: true }),
    })
    const error = await refusal(vanishing, 'not_found')
    expect(error.message).toContain('vanished')
    expect(await paths(cairn)).toEqual(['a.md', 'b.md'])
  })

  it('when a folder vanishes before it is looked through', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'docs/a.md': 'text' })
    const docs = join(folder, 'docs')
    await sync(cairn, docs)
    const vanishing = cairn.documents.sync(docs, {
      onProgress: ({ phase }) => phase === 'scanning' && rmSync(docs, { recursive: true, force: true }),
    })
    const error = await refusal(vanishing, 'not_found')
    expect(error).toMatchObject({ hint: 'Nothing was removed from the index. Sync again when it is back.' })
    expect(await paths(cairn)).toEqual(['a.md'])
  })

  it('when folders and files cannot be read', async () => {
    const { cairn, folder: storeFolder } = await openStore()
    chmodSync(storeFolder, 0o755)
    const folder = makeDocuments({ 'a.md': 'alpha', 'sub/b.md': 'beta', 'c.md': 'gamma', '.gitignore': 'x' })
    const rights = (mode: { folder: number; part: number }) => {
      chmodSync(folder, mode.folder)
      for (const [path, least] of [
        ['sub', 0o100],
        ['a.md', 0],
        ['.gitignore', 0],
      ] as const)
        chmodSync(join(folder, path), mode.part && mode.part | least)
    }
    rights({ folder: 0o755, part: 0o755 })
    expect(await asNobody(() => sync(cairn, folder))).toEqual({ added: 3 })
    rights({ folder: 0o755, part: 0 })
    expect(await asNobody(() => sync(cairn, folder))).toEqual({
      unchanged: 1,
      skipped: [
        { path: join(folder, 'a.md'), reason: 'permission denied' },
        { path: join(folder, 'sub'), reason: 'permission denied' },
      ],
    })
    expect(await found(cairn, 'alpha beta gamma')).toHaveLength(3)
    expect((await cairn.documents.list({ failed: true })).items).toMatchObject([
      { path: 'a.md', status: 'failed', error: 'permission denied' },
      { path: 'sub/b.md', status: 'failed' },
    ])
    rights({ folder: 0, part: 0o755 })
    const error = await asNobody(() => refusal(cairn.documents.sync(folder), 'invalid_input'))
    expect(error.message).toContain('permission denied')
    rights({ folder: 0o755, part: 0o755 })
    await asNobody(() => sync(cairn, folder))
    expect((await cairn.documents.list({ failed: true })).items).toEqual([])
    expect(await paths(cairn)).toHaveLength(3)
  })

  it('of a file that cannot be indexed any more', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': 'harbour', 'b.md': 'harbour' })
    await sync(cairn, folder)
    write(folder, { 'a.md': new Uint8Array([0x68, 0xff]) })
    rmSync(join(folder, 'b.md'))
    symlinkSync('/nowhere', join(folder, 'b.md'))
    const report = await sync(cairn, folder)
    expect(report).toEqual({
      skipped: [
        { path: join(folder, 'a.md'), reason: 'not UTF-8' },
        { path: join(folder, 'b.md'), reason: 'a symbolic link that leads nowhere: /nowhere' },
      ],
    })
    expect(await found(cairn, 'harbour')).toHaveLength(2)
    expect((await cairn.documents.list({ failed: true })).items.map(({ error }) => error)).toEqual([
      'not UTF-8',
      'a symbolic link that leads nowhere: /nowhere',
    ])
    write(folder, { 'a.md': 'harbour' })
    expect(await sync(cairn, folder)).toMatchObject({ changed: 1 })
    expect((await cairn.documents.list({ failed: true })).items).toHaveLength(1)
  })

  it('of a folder that is removed from the index while it is synced', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments(
      Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${index}.md`, `${index}`])),
    )
    let removal: Promise<number> | undefined
    const syncing = cairn.documents.sync(folder, {
      onProgress: ({ done }) => {
        if (done === 5) removal = cairn.documents.remove(folder)
      },
    })
    const error = await refusal(syncing, 'not_found')
    expect(error.message).toContain('removed from the index')
    await removal
    expect(await sync(cairn, folder)).toMatchObject({ added: expect.any(Number) })
    expect(await paths(cairn)).toHaveLength(40)
  })
})

describe('what a sync is asked', () => {
  it.each([
    [[], {}, 'The folders'],
    [[''], {}, 'The folders'],
    [['.'], { namespace: 'nowhere' }, 'nowhere'],
    [['.'], { include: [''] }, 'include'],
    [['.'], { onProgress: 1 }, 'onProgress'],
    [['.'], { folder: 'x' }, 'folder'],
  ])('is checked: %j %j', async (folders, options, named) => {
    const { cairn } = await openStore()
    const error = await refusal(cairn.documents.sync(folders, options as object), 'invalid_input')
    expect(error.message).toContain(named)
  })

  it.each(['[', 'a[', '(draft', '{a,b', 'a]', '[z-a]', 'a/[b', 'a\\', '../notes/*.md', 'a/../b', '..'])(
    'may not be a glob that is none, which is told with a way out: %j',
    async (glob) => {
      const { cairn } = await openStore()
      const folder = makeDocuments({ 'a.md': 'alpha' })
      await sync(cairn, folder)
      for (const name of ['include', 'exclude']) {
        for (const act of ['sync', 'watch'] as const) {
          const error = await refusal(cairn.documents[act](folder, { [name]: ['*.md', glob] }), 'invalid_input')
          expect(error.message).toContain(`${name} has ${JSON.stringify(glob)}`)
          expect(error.hint).toBeDefined()
        }
      }
      expect(await paths(cairn)).toEqual(['a.md'])
    },
  )

  it.each(['\\[', 'notes (1).md', '{a,b}.md', '[[:alpha:]]*', '!a.md', './a/', '/README.md', 'a..b', '+(a|b)', '[a-]'])(
    'may be any glob: %j',
    async (glob) => {
      const { cairn } = await openStore()
      expect(await sync(cairn, makeDocuments(), { exclude: [glob] })).toEqual({})
    },
  )

  it('is for the project of a handle that has one, and takes the right to write there', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': 'harbour' })
    const member = cairn.as({ user: 'alice', project: 'apollo', grants: ['project:write'] })
    expect(await sync(member, folder)).toEqual({ added: 1 })
    expect((await member.documents.list()).items).toMatchObject([{ namespace: 'project:apollo' }])
    const reader = cairn.as({ user: 'bob', project: 'apollo' })
    expect(await found(reader, 'harbour')).toEqual(['a.md'])
    await refusal(reader.documents.sync(folder), 'forbidden')
    expect(await reader.documents.remove('a.md')).toBe(0)
    await refusal(reader.documents.remove('a.md', { namespace: 'project:apollo' }), 'forbidden')
    const stranger = cairn.as({ user: 'carol', app: 'x' })
    expect(await stranger.documents.get('a.md')).toBeNull()
    expect((await stranger.documents.status()).items).toEqual([])
    expect(await found(stranger, 'harbour')).toEqual([])
    await refusal(stranger.documents.list({ namespace: 'project:apollo' }), 'forbidden')
    await refusal(stranger.search('harbour', { kinds: ['document'], namespaces: ['project:apollo'] }), 'forbidden')
  })
})
