import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { FolderWatcher } from '../../src/documents/folder-watcher.js'
import type { SyncReport } from '../../src/documents/sync-report.js'
import { openCairn } from '../../src/open.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'
import { makeDocuments, write } from './folders.js'

const debounceMs = 50

/** The next report in which something is not zero, without what is. */
async function nextSync(watcher: FolderWatcher): Promise<object> {
  for (;;) {
    const [{ tookMs: _, ...report }] = (await once(watcher, 'sync')) as [SyncReport]
    const done = Object.entries(report).filter(
      ([name, count]) => typeof count === 'number' && count > 0 && name !== 'unchanged',
    )
    if (done.length > 0) return Object.fromEntries(done)
  }
}

const watching = async (cairn: Cairn, folder: string | string[], options = {}): Promise<FolderWatcher> => {
  const watcher = await cairn.documents.watch(folder, { debounceMs, ...options })
  await once(watcher, 'watching')
  return watcher
}

const found = async (cairn: Cairn, text: string) => (await cairn.search(text)).hits.length

describe('a watcher', () => {
  it('finds at its start what changed while nothing ran, and after that every change', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': 'alpha', 'b.md': 'beta', 'sub/c.md': 'gamma' })
    await cairn.documents.sync(folder)
    write(folder, { 'a.md': 'alpha too' })
    unlinkSync(join(folder, 'b.md'))
    const watcher = await cairn.documents.watch(folder, { debounceMs })
    const [first] = await Promise.all([nextSync(watcher), once(watcher, 'watching')])
    expect(first).toEqual({ changed: 1, removed: 1 })

    let sync = nextSync(watcher)
    write(folder, { 'new/deep/d.md': 'delta' })
    expect(await sync).toEqual({ added: 1 })
    expect(await found(cairn, 'delta')).toBe(1)

    sync = nextSync(watcher)
    write(folder, { 'new/deep/d.md': 'epsilon' })
    expect(await sync).toEqual({ changed: 1 })
    expect(await found(cairn, 'epsilon')).toBe(1)

    sync = nextSync(watcher)
    renameSync(join(folder, 'new'), join(folder, 'old'))
    expect(await sync).toEqual({ moved: 1 })

    sync = nextSync(watcher)
    rmSync(join(folder, 'old'), { recursive: true })
    expect(await sync).toEqual({ removed: 1 })

    sync = nextSync(watcher)
    write(folder, { '.gitignore': 'sub\n' })
    expect(await sync).toEqual({ removed: 1 })
    await watcher.close()
  })

  it.each([
    ['folder', 'guide'],
    ['watched folder', '.'],
  ])('finds what is new in another %s that took the place of one before it was looked at', async (_what, place) => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'docs/a.md': 'alpha', 'docs/guide/b.md': 'beta' })
    const docs = join(folder, 'docs')
    const watcher = await watching(cairn, docs)
    const anew = once(watcher, 'watching')
    // In one go, so that events tell of it when it is over.
    rmSync(join(docs, place), { recursive: true })
    write(docs, { 'a.md': 'alpha', 'guide/b.md': 'beta' })
    await anew
    const sync = nextSync(watcher)
    write(docs, { 'guide/new.md': 'walrus' })
    expect(await sync).toEqual({ added: 1 })
    await watcher.close()
  })

  it('takes many changes at once as one', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': 'alpha' })
    const watcher = await watching(cairn, folder, { debounceMs: 1_000 })
    const sync = nextSync(watcher)
    write(
      folder,
      Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${index % 10}/${index}.md`, `${index}`])),
    )
    expect(await sync).toEqual({ added: 300 })
    await watcher.close()
  })

  it('stands by while another process watches, and takes over when that one ends', async () => {
    const { cairn, path, clock } = await openStore()
    const folder = makeDocuments({ 'a.md': 'alpha' })
    const other = await openCairn({ db: path, threads: false, now: clock })
    const first = await watching(cairn, folder)
    const second = await other.documents.watch(folder, { debounceMs })
    await once(second, 'standby')
    const taken = once(second, 'watching')
    await first.close()
    await taken
    const sync = nextSync(second)
    write(folder, { 'b.md': 'beta' })
    expect(await sync).toEqual({ added: 1 })
    await other.close()
  })

  it('takes over from one that has died, when its lease has run out', async () => {
    const { cairn, clock } = await openStore()
    const folder = makeDocuments({ 'a.md': 'alpha' })
    const first = await watching(cairn, folder)
    const second = await cairn.documents.watch(folder, { debounceMs })
    await once(second, 'standby')
    const taken = once(second, 'watching')
    clock.advance(20_000)
    await taken
    await Promise.all([first.close(), second.close()])
  })

  it('says once that a folder is gone, keeps what is indexed, and goes on when it is back', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'docs/a.md': 'alpha' })
    const docs = join(folder, 'docs')
    const watcher = await watching(cairn, docs)
    const failures: string[] = []
    watcher.on('failure', ({ message }) => failures.push(message))
    const failed = once(watcher, 'failure')
    renameSync(docs, join(folder, 'away'))
    await failed
    expect(await found(cairn, 'alpha')).toBe(1)
    write(folder, { 'away/b.md': 'beta' })
    const back = once(watcher, 'watching')
    renameSync(join(folder, 'away'), docs)
    await back
    expect(await found(cairn, 'beta')).toBe(1)
    expect(new Set(failures).size).toBe(failures.length)
    const sync = nextSync(watcher)
    write(docs, { 'c.md': 'gamma' })
    expect(await sync).toEqual({ added: 1 })
    await watcher.close()
  })

  // A timer that is left behind keeps the process alive for up to an hour after Ctrl-C.
  it('leaves no timer behind when it takes over while the folder is gone', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'docs/a.md': 'alpha' })
    const docs = join(folder, 'docs')
    const running = new Set<unknown>()
    const [set, clear] = [setInterval, clearInterval]
    const setting = vi.spyOn(globalThis, 'setInterval').mockImplementation(((run: () => void, millis?: number) => {
      const timer = set(run, millis)
      if (millis === 3_599_999) running.add(timer)
      return timer
    }) as typeof setInterval)
    const clearing = vi.spyOn(globalThis, 'clearInterval').mockImplementation((timer) => {
      running.delete(timer)
      clear(timer)
    })
    const first = await watching(cairn, docs)
    const second = await cairn.documents.watch(docs, { debounceMs, scanMs: 3_599_999 })
    await once(second, 'standby')
    renameSync(docs, join(folder, 'away'))
    const failed = once(second, 'failure')
    await first.close()
    await failed
    await second.close()
    expect(running.size).toBe(0)
    for (const spy of [setting, clearing]) spy.mockRestore()
  })

  it('watches only what it is asked to, in several folders', async () => {
    const { cairn } = await openStore()
    const [one, two] = [makeDocuments({ 'a.md': '1' }), makeDocuments()]
    const watcher = await watching(cairn, [one, two], { exclude: ['drafts'], namespace: 'user:alice' })
    const sync = nextSync(watcher)
    write(two, { 'drafts/b.md': '2', 'c.md': '3' })
    expect(await sync).toEqual({ added: 1 })
    expect((await cairn.documents.list()).items.map(({ namespace, path }) => [namespace, path])).toEqual(
      expect.arrayContaining([
        ['user:alice', 'a.md'],
        ['user:alice', 'c.md'],
      ]),
    )
    await watcher.close()
  })

  it('watches what it can of several folders, while another process watches one and one is gone', async () => {
    const { cairn, path, clock } = await openStore()
    const folder = makeDocuments({ 'a/a.md': 'alpha', 'b/b.md': 'beta', 'c/c.md': 'gamma' })
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, name)) as [string, string, string]
    const other = await openCairn({ db: path, threads: false, now: clock })
    const first = await watching(other, b)
    const second = await cairn.documents.watch([a, b, c], { debounceMs })
    const told: unknown[] = []
    for (const event of ['standby', 'watching'] as const) second.on(event, (folders) => told.push([event, folders]))
    second.on('failure', ({ details }) => told.push(['failure', details?.folder]))
    second.on('back', ({ details }) => told.push(['back', details?.folder]))
    await once(second, 'watching')
    let sync = nextSync(second)
    write(a, { 'new.md': 'delta' })
    expect(await sync).toEqual({ added: 1 })

    renameSync(c, join(folder, 'away'))
    await once(second, 'watching')
    sync = nextSync(second)
    write(a, { 'new.md': 'epsilon' })
    expect(await sync).toEqual({ changed: 1 })

    const back = once(second, 'watching')
    renameSync(join(folder, 'away'), c)
    await back
    const taken = once(second, 'watching')
    await first.close()
    await taken
    sync = nextSync(second)
    write(b, { 'b.md': 'beta too' })
    expect(await sync).toEqual({ changed: 1 })
    expect(told).toEqual([
      ['standby', [b]],
      ['watching', [a, c]],
      ['failure', c],
      ['watching', [a]],
      ['back', c],
      ['watching', [a, c]],
      ['watching', [a, b, c]],
    ])
    await other.close()
  })

  it('hears of the rules above its folder', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ '.git/HEAD': '', 'guide/docs/a.md': 'alpha', 'guide/docs/b.draft.md': 'beta' })
    const watcher = await watching(cairn, join(folder, 'guide/docs'))
    let sync = nextSync(watcher)
    write(folder, { '.gitignore': '*.draft.md\n' })
    expect(await sync).toEqual({ removed: 1 })
    sync = nextSync(watcher)
    write(folder, { 'guide/.gitignore': '!*.draft.md\n' })
    expect(await sync).toEqual({ added: 1 })
    await watcher.close()
  })

  it('looks at everything now and then, for changes that no event has told of', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments({ 'a.md': 'alpha' })
    const watcher = await watching(cairn, folder, { scanMs: 1_000, debounceMs: 0 })
    await once(watcher, 'sync')
    await once(watcher, 'sync')
    await watcher.close()
  })

  it('ends with the store, in the middle of a sync as well, and can be closed twice', async () => {
    const { cairn, path } = await openStore()
    const folder = makeDocuments(
      Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${index}.md`, `${index}`])),
    )
    const watcher = await cairn.documents.watch(folder, { debounceMs })
    const reports: SyncReport[] = []
    watcher.on('sync', (report) => reports.push(report))
    while ((await cairn.documents.list({ limit: 1 })).items.length === 0) await nextTurn()
    await cairn.close()
    await watcher.close()
    expect(reports).toEqual([])
    await refusal(cairn.documents.watch(folder), 'closed')
    const again = await openCairn({ db: path, threads: false })
    const { added, unchanged } = await again.documents.sync(folder)
    expect([added + unchanged, unchanged > 0, added > 0]).toEqual([500, true, true])
    await again.close()
  })

  it('is refused for a folder that is not there, or without the right to write', async () => {
    const { cairn } = await openStore()
    const folder = makeDocuments()
    await refusal(cairn.documents.watch(join(folder, 'none')), 'not_found')
    await refusal(cairn.as({ user: 'alice' }).documents.watch(folder), 'forbidden')
    await refusal(cairn.documents.watch(folder, { scanMs: 5 }), 'invalid_input')
    mkdirSync(join(folder, 'later'))
    const watcher = await watching(cairn.as({ user: 'alice' }), folder, { namespace: 'user:alice' })
    await watcher.close()
  })
})
