import { expect, it } from 'vitest'
import type { ClaimedFolders, FolderClaim, NewDocument } from '../../../src/storage/document-store.js'
import { refusal } from '../../helpers/refusal.js'
import { author, found, now, operations, type Subject, search, trail } from './subject.js'

export const sha = (letter: string): string => letter.repeat(64)

export function aClaim(changes: Partial<FolderClaim> = {}): FolderClaim {
  const claim = { id: 'f1', namespace: 'project:default', root: '/notes', identity: '1:2' }
  return { ...claim, holder: 'p1', now: 0, until: 10, ...changes }
}

export function aDocument(changes: Partial<NewDocument> = {}): NewDocument {
  return {
    ...{ id: 'd1', folder: 'f1', namespace: 'project:default', path: 'guide/tea.md', title: 'Tea', metadata: '{}' },
    ...{ sha256: sha('a'), bytes: 9, modifiedAt: 5, stamp: '9 1 1 7', readAt: 7, error: null },
    chunks: [aChunk('Tea', 'green tea'), aChunk('Tea > Pots', 'iron pots')],
    author: author(),
    ...changes,
  }
}

export function aChunk(heading: string, text: string) {
  const lines: [number, number] = [1, 3]
  return { heading, lines, tokens: 2, text, words: { title: heading.toLowerCase(), body: text } }
}

export function describeDocuments(subject: Subject): void {
  const claim = async (changes: Partial<FolderClaim> = {}): Promise<ClaimedFolders> => {
    const claimed = await subject.storage.documents.claimFolder(aClaim(changes))
    if ('heldBy' in claimed) throw new Error(`held by ${claimed.heldBy}`)
    return claimed
  }
  const put = (changes: Partial<NewDocument> = {}) => subject.storage.documents.put(aDocument(changes))
  const list = (namespaces?: string[], changes: object = {}) =>
    subject.storage.documents.list({ namespaces, limit: 100, ...changes })
  const paths = async (namespaces?: string[], changes: object = {}) =>
    (await list(namespaces, changes)).map(({ path }) => path)

  it('are stored with their chunks, which search finds at once', async () => {
    await claim()
    expect(await put({ metadata: '{"a":1}' })).toBe('created')
    expect(await list()).toEqual([
      {
        ...{ id: 'd1', namespace: 'project:default', folder: 'f1', root: '/notes', path: 'guide/tea.md', title: 'Tea' },
        ...{ metadata: '{"a":1}', sha256: sha('a'), bytes: 9, modifiedAt: 5, status: 'synced', error: null },
        ...{ syncedAt: author().now, createdAt: author().now, chunks: 2 },
      },
    ])
    const content = { lineFrom: 1, lineTo: 3, tokens: 2 }
    expect(await subject.storage.documents.chunks({ document: 'd1' })).toEqual([
      { ...content, heading: 'Tea', text: 'green tea' },
      { ...content, heading: 'Tea > Pots', text: 'iron pots' },
    ])
    const [hit] = await search(subject.storage, 'iron')
    expect(hit).toMatchObject({
      ...{ kind: 'document', document: 'd1', root: '/notes', path: 'guide/tea.md', heading: 'Tea > Pots' },
      ...{ lines: [1, 3], modifiedAt: 5, snippet: { text: 'iron pots', marks: [[0, 4]] } },
    })
    expect(await operations(subject.storage)).toEqual(['document create'])
  })

  it('are replaced as a whole', async () => {
    await claim()
    await put()
    expect(await put({ id: 'other', sha256: sha('b'), chunks: [aChunk('', 'black tea')] })).toBe('updated')
    expect((await list()).map(({ id, sha256, chunks }) => [id, sha256[0], chunks])).toEqual([['d1', 'b', 1]])
    expect(await found(subject.storage, 'green')).toEqual([])
    expect(await found(subject.storage, 'pots')).toEqual([])
    expect(await found(subject.storage, 'black')).toEqual(['project:default guide/tea.md'])
  })

  it('keep their id and the time they came when they move', async () => {
    await claim()
    await put()
    const later = { author: author({ now: now + 99 }) }
    expect(await put({ id: 'other', replaces: 'd1', path: 'tea.md', ...later })).toBe('moved')
    const [moved, ...others] = await list()
    expect(others).toEqual([])
    expect(moved).toMatchObject({ id: 'd1', path: 'tea.md', syncedAt: now + 99, createdAt: author().now })
    expect((await trail(subject.storage))[0]).toMatchObject({
      ...{ subject: 'document', operation: 'update', namespace: 'project:default', key: 'tea.md' },
      detail: '{"bytes":9,"chunks":2,"from":"guide/tea.md"}',
    })
    expect(await found(subject.storage, 'iron')).toEqual(['project:default tea.md'])
  })

  it('of which there is nothing to replace are new, and one at the path itself goes first', async () => {
    await claim()
    expect(await put({ replaces: 'gone' })).toBe('created')
    await put({ id: 'd2', path: 'b.md' })
    expect(await put({ id: 'd3', replaces: 'd2', sha256: sha('c') })).toBe('updated')
    expect((await list()).map(({ id, path }) => [id, path])).toEqual([
      ['d2', 'b.md'],
      ['d1', 'guide/tea.md'],
    ])
  })

  it('are refused for a folder that is not there, with nothing written', async () => {
    await expect(put()).rejects.toMatchObject({ code: 'not_found' })
    expect(await list()).toEqual([])
    expect(await operations(subject.storage)).toEqual([])
  })

  it('are read as files in the order of their paths, as a whole or below a part', async () => {
    await claim()
    for (const [index, path] of ['b.md', 'a/x.md', 'a/b/y.md', 'a.md', 'ab/z.md', 'a0.md'].entries())
      await put({ id: `d${index}`, path })
    const files = async (under: string, after = '', limit = 10) =>
      (await subject.storage.documents.files({ folder: 'f1', under, after, limit })).map(({ path }) => path)
    expect(await files('')).toEqual(['a.md', 'a/b/y.md', 'a/x.md', 'a0.md', 'ab/z.md', 'b.md'])
    expect(await files('', 'a/x.md', 2)).toEqual(['a0.md', 'ab/z.md'])
    expect(await files('a')).toEqual(['a/b/y.md', 'a/x.md'])
    expect(await files('a', 'a/b/y.md')).toEqual(['a/x.md'])
    expect(await files('a/b')).toEqual(['a/b/y.md'])
    expect(await files('none')).toEqual([])
    const [file] = await subject.storage.documents.files({ folder: 'f1', under: 'a/b', after: '', limit: 1 })
    expect(file).toEqual({
      ...{
        id: 'd2',
        folder: 'f1',
        error: null,
        path: 'a/b/y.md',
        sha256: sha('a'),
        stamp: '9 1 1 7',
        readAt: 7,
        status: 'synced',
      },
    })
  })

  it('note that a file was looked at, or why it could not be', async () => {
    const { documents } = subject.storage
    await claim()
    await put()
    await documents.note({ files: [{ id: 'd1', stamp: 'other', readAt: 8, error: null }] })
    const files = () => documents.files({ folder: 'f1', under: '', after: '', limit: 9 })
    expect(await files()).toMatchObject([{ stamp: 'other', readAt: 8, status: 'synced' }])
    await documents.note({
      files: [
        { id: 'd1', error: 'permission denied' },
        { id: 'none', error: 'x' },
      ],
    })
    expect(await files()).toMatchObject([{ stamp: 'other', status: 'failed' }])
    expect(await list(undefined, { failed: true })).toMatchObject([{ id: 'd1', error: 'permission denied' }])
    expect(await found(subject.storage, 'iron')).toHaveLength(1)
    await put({ sha256: sha('b') })
    expect(await list(undefined, { failed: true })).toEqual([])
    expect(await operations(subject.storage)).toEqual(['document create', 'document update'])
  })

  it('go with their chunks and their words, one by one, with a line in the trail', async () => {
    await claim()
    await put()
    await put({ id: 'd2', path: 'b.md' })
    expect(await subject.storage.documents.removeFiles({ ids: ['d1', 'none'], author: author() })).toBe(1)
    expect(await paths()).toEqual(['b.md'])
    expect(await found(subject.storage, 'iron')).toEqual(['project:default b.md'])
    expect(await subject.storage.documents.chunks({ document: 'd1' })).toEqual([])
    expect((await trail(subject.storage))[0]).toMatchObject({ operation: 'delete', key: 'guide/tea.md' })
  })

  it('are listed by namespace, folder and path, in the namespaces that are given, page by page', async () => {
    const places = ['project:a', 'project:a:b', 'project:ab', 'user:alice']
    for (const [index, namespace] of places.entries()) {
      await claim({ id: `f${index}`, namespace })
      for (const path of ['x.md', 'y.md'])
        await put({ id: `${namespace} ${path}`, folder: `f${index}`, namespace, path })
    }
    const ids = async (namespaces?: string[], changes: object = {}) =>
      (await list(namespaces, changes)).map(({ id }) => id)
    const all = places.flatMap((namespace) => [`${namespace} x.md`, `${namespace} y.md`])
    expect(await ids()).toEqual(all)
    expect(await ids(['project:a'])).toEqual(all.slice(0, 4))
    expect(await ids(['user:alice', 'project:a:b'])).toEqual([...all.slice(2, 4), ...all.slice(6)])
    expect(await ids([])).toEqual([])
    const pages: string[] = []
    for (let after: [string, string, string] | undefined; ; ) {
      const [row] = await list(['project:a', 'user:alice'], { limit: 1, ...(after && { after }) })
      if (row === undefined) break
      pages.push(row.id)
      after = [row.namespace, row.folder, row.path]
    }
    expect(pages).toEqual([...all.slice(0, 4), ...all.slice(6)])
    const within = { documents: { namespaces: ['project:a'] } }
    expect(await found(subject.storage, 'iron', within)).toHaveLength(4)
    expect(await found(subject.storage, 'iron', { documents: { namespaces: [] } })).toEqual([])
    expect(await found(subject.storage, 'iron')).toHaveLength(8)
  })

  it('are found by id, on disk, or in a folder, where one may look', async () => {
    await claim()
    await claim({ id: 'f2', namespace: 'user:bob' })
    await put()
    await put({ id: 'd2', folder: 'f2', namespace: 'user:bob' })
    const find = async (id: string, splits: { root: string; path: string }[] = [], namespaces?: string[]) =>
      (await subject.storage.documents.find({ id, splits, namespaces })).map((row) => row.id)
    const onDisk = [
      { root: '/notes/guide/tea.md', path: '' },
      { root: '/notes/guide', path: 'tea.md' },
      { root: '/notes', path: 'guide/tea.md' },
    ]
    expect(await find('d1')).toEqual(['d1'])
    expect(await find('d1', [], ['user:bob'])).toEqual([])
    expect(await find('guide/tea.md')).toEqual(['d1', 'd2'])
    expect(await find('guide/tea.md', [], ['user:bob'])).toEqual(['d2'])
    expect(await find('x', onDisk)).toEqual(['d1', 'd2'])
    expect(await find('x', onDisk, ['project:default'])).toEqual(['d1'])
    expect(await find('x', onDisk, [])).toEqual([])
    expect(await find('tea.md')).toEqual([])
  })

  it('are removed by their place, or all of a folder or a part of it, so many at once', async () => {
    await claim()
    for (const path of ['a/x.md', 'a/y.md', 'ab.md', 'b.md', 'c.md']) await put({ id: path, path })
    const remove = (id: string, path: string, limit = 10, namespaces?: string[]) =>
      subject.storage.documents.remove({ id, splits: [{ root: '/notes', path }], namespaces, limit, author: author() })
    expect(await remove('x', 'b.md', 10, ['user:bob'])).toBe(0)
    expect(await remove('x', 'b.md')).toBe(1)
    expect(await remove('x', 'a')).toBe(2)
    expect(await paths()).toEqual(['ab.md', 'c.md'])
    expect(await remove('x', '', 1)).toBe(1)
    expect(await subject.storage.documents.folders({ namespaces: undefined })).toHaveLength(1)
    expect(await remove('x', '', 2)).toBe(1)
    expect(await subject.storage.documents.folders({ namespaces: undefined })).toEqual([])
    expect(await remove('x', '')).toBe(0)
    expect(await found(subject.storage, 'iron')).toEqual([])
  })

  it('of which several have a name are not removed by it, but told apart', async () => {
    const remove = (id: string, namespaces?: string[]) =>
      subject.storage.documents.remove({ id, splits: [], namespaces, limit: 10, author: author() })
    for (let index = 1; index <= 12; index++) {
      await claim({ id: `f${index}`, root: `/${index}` })
      await put({ id: `d${index}`, folder: `f${index}`, path: 'README.md' })
    }
    await claim({ id: 'f0', root: '/1', namespace: 'user:bob' })
    await put({ id: 'd0', folder: 'f0', namespace: 'user:bob', path: 'README.md' })
    const error = await refusal(remove('README.md'), 'invalid_input')
    expect(error.message).toContain('/1/README.md in project:default (d1)')
    expect(error.message).toMatch(/, and more\.$/)
    expect(error.details?.documents).toHaveLength(10)
    expect(await list()).toHaveLength(13)
    expect(await remove('README.md', ['user:bob'])).toBe(1)
    expect(await remove('d1')).toBe(1)
    expect(await list()).toHaveLength(11)
  })

  it('of a moment before they were indexed are not found', async () => {
    await claim()
    await put({ author: author({ now: 1_000 }) })
    const at = (knownAt: number) => found(subject.storage, 'iron', { moment: { knownAt } })
    expect(await at(999)).toEqual([])
    expect(await at(1_000)).toHaveLength(1)
  })
}

export function describeFolders(subject: Subject): void {
  const claim = (changes: Partial<FolderClaim> = {}) => subject.storage.documents.claimFolder(aClaim(changes))
  const finish = (folders: string[], changes: object = {}) =>
    subject.storage.documents.finishFolder({ folders, holder: 'p1', now: 9, ...changes })

  it('are made once in a namespace, and hold those inside of them', async () => {
    expect(await claim({ root: '/a/b' })).toMatchObject({ folder: { id: 'f1', root: '/a/b' }, inner: [] })
    expect(await claim({ id: 'f2', root: '/a/b' })).toMatchObject({ folder: { id: 'f1' } })
    expect(await claim({ id: 'f3', root: '/a/b/c' })).toMatchObject({ folder: { id: 'f1', root: '/a/b' }, inner: [] })
    expect(await claim({ id: 'f4', root: '/a/bc' })).toMatchObject({ folder: { id: 'f4' }, inner: [] })
    expect(await claim({ id: 'f5', root: '/a', namespace: 'user:bob' })).toMatchObject({
      folder: { id: 'f5' },
      inner: [],
    })
    const outer = await claim({ id: 'f6', root: '/a' })
    expect(outer).toMatchObject({ folder: { id: 'f6' }, inner: [{ id: 'f1' }, { id: 'f4' }] })
    expect(await claim({ id: 'f7', root: '/' })).toMatchObject({ folder: { id: 'f7' }, inner: [{}, {}, {}] })
  })

  it('are synced by one at a time, with all that is inside', async () => {
    await claim({ root: '/a/b' })
    const other = { holder: 'p2', now: 9, until: 19 }
    expect(await claim({ id: 'f2', root: '/a/b', ...other })).toEqual({ heldBy: 'p1' })
    expect(await claim({ id: 'f2', root: '/a', ...other })).toEqual({ heldBy: 'p1' })
    expect(await subject.storage.documents.folders({ namespaces: undefined })).toHaveLength(1)
    expect(await claim({ root: '/a/b', now: 9, until: 20 })).toMatchObject({ folder: { id: 'f1' } })
    expect(await claim({ root: '/a/b', ...other, now: 19 })).toEqual({ heldBy: 'p1' })
    expect(await claim({ root: '/a/b', ...other, now: 20, until: 30 })).toMatchObject({ folder: { id: 'f1' } })
    await finish(['f1'])
    expect(await claim({ root: '/a/b', now: 21, until: 30 })).toEqual({ heldBy: 'p2' })
    await finish(['f1'], { holder: 'p2' })
    expect(await claim({ root: '/a/b', now: 21, until: 30 })).toMatchObject({ folder: { id: 'f1' } })
  })

  it('tell how the last sync went, and how much they hold', async () => {
    await claim()
    await subject.storage.documents.put(aDocument())
    await subject.storage.documents.put(aDocument({ id: 'd2', path: 'b.md', chunks: [aChunk('', 'x')] }))
    await subject.storage.documents.note({ files: [{ id: 'd2', error: 'binary' }] })
    const folders = (namespaces?: string[]) => subject.storage.documents.folders({ namespaces })
    const folder = { id: 'f1', namespace: 'project:default', root: '/notes', documents: 2, chunks: 3, failed: 1 }
    expect(await folders()).toEqual([{ ...folder, syncedAt: null, error: null, skipped: '[]', skippedCount: 0 }])
    const files = '[{"path":"/notes/b.md","reason":"binary"}]'
    await finish(['f1'], { outcome: { identity: '3:4', error: null, skipped: { count: 1, files } } })
    await finish(['f1'], { outcome: { identity: '3:4', error: 'no more' } })
    expect(await folders(['project:def'])).toEqual([])
    expect(await folders(['project:default'])).toEqual([
      { ...folder, syncedAt: 9, error: 'no more', skipped: files, skippedCount: 1 },
    ])
    expect(await claim()).toMatchObject({ folder: { identity: '3:4' } })
  })

  it('that became a part of another go when they are empty', async () => {
    await claim({ root: '/a/b' })
    await claim({ id: 'f2', root: '/a/c' })
    await subject.storage.documents.put(aDocument())
    await claim({ id: 'f3', root: '/a' })
    await finish(['f3', 'f1', 'f2'], { outcome: { identity: '1:2', error: null } })
    const rows = await subject.storage.documents.folders({ namespaces: undefined })
    expect(rows.map(({ id }) => id)).toEqual(['f3', 'f1'])
  })
}
