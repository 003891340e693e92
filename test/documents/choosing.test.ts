import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { selectFiles } from '../../src/documents/file-selection.js'
import { isSurelySame } from '../../src/documents/file-stamp.js'
import { readDocument } from '../../src/documents/read-file.js'
import { lookForMissing, type WalkInput, walkFolder } from '../../src/documents/walk-folder.js'
import { makeDocuments, write } from './folders.js'

function walk(folder: string, globs: Omit<WalkInput, 'folder'> = {}) {
  const steps = walkFolder({ folder, ...globs })
  for (;;) {
    const { done, value } = steps.next()
    if (!done) continue
    const skipped = value.skipped.map(({ path, reason }) => [path.slice(folder.length + 1), reason])
    return { files: value.files.map(({ path }) => path).sort(), skipped: skipped.sort() }
  }
}

describe('a walk', () => {
  it('finds markdown files, and none that are hidden or ignored by git', () => {
    const folder = makeDocuments({
      ...{ 'a.md': '', 'b.MARKDOWN': '', 'c.txt': '', md: '', '.hidden.md': '', '.github/d.md': '' },
      ...{
        'node_modules/x/README.md': '',
        '.gitignore': '/build\n*.tmp.md\n!keep.tmp.md\nsecret/\n',
        'build/e.md': '',
      },
      ...{ 'sub/build/f.md': '', 'g.tmp.md': '', 'keep.tmp.md': '', 'secret/h.md': '', 'sub/secret/i.md': '' },
      ...{ 'sub/.gitignore': '!secret\nonly.md\n', 'sub/only.md': '', 'only.md': '', 'sub/secret.md': '' },
    })
    expect(walk(folder)).toEqual({
      files: ['a.md', 'b.MARKDOWN', 'keep.tmp.md', 'only.md', 'sub/build/f.md', 'sub/secret.md', 'sub/secret/i.md'],
      skipped: [],
    })
  })

  it('agrees with git about what is ignored', () => {
    const rules = [
      '*.log.md',
      'out/',
      '/top.md',
      'a/**/z.md',
      '!a/b/z.md',
      'we ird.md',
      '\\#hash.md',
      'x[0-9].md',
      '**/deep',
    ]
    const names = ['k.log.md', 'top.md', 'z.md', 'we ird.md', '#hash.md', 'x1.md', 'xa.md', 'plain.md']
    const folders = ['', 'a/', 'a/b/', 'a/b/c/', 'out/', 'out/in/', 'deep/', 'a/deep/er/']
    const folder = makeDocuments(Object.fromEntries(folders.flatMap((each) => names.map((name) => [each + name, '']))))
    write(folder, { '.gitignore': rules.join('\n'), 'a/.gitignore': '!k.log.md\nplain.md\n' })
    execFileSync('git', ['init', '-q'], { cwd: folder })
    const others = execFileSync(
      'git',
      ['-c', 'core.quotePath=off', 'ls-files', '-o', '-z', '--exclude-per-directory=.gitignore'],
      { cwd: folder },
    )
    const expected = others
      .toString()
      .split('\0')
      .filter((path) => path.endsWith('.md'))
      .sort()
    expect(expected.length).toBeGreaterThan(10)
    expect(walk(folder).files).toEqual(expected)
    const all = folders.flatMap((each) => names.map((name) => each + name))
    const { leftOut } = lookForMissing({ folder, paths: all })
    expect(all.filter((path) => !leftOut.includes(path)).sort()).toEqual(expected)
  })

  it('goes by the rules of the repository around, unless they ignore the folder itself', () => {
    const top = makeDocuments({
      '.gitignore': 'draft.md\n/dist\n',
      '.git/config': '',
      'docs/draft.md': '',
      'docs/a.md': '',
      'dist/b.md': '',
      'dist/draft.md': '',
    })
    expect(walk(join(top, 'docs')).files).toEqual(['a.md'])
    expect(walk(join(top, 'dist')).files).toEqual(['b.md', 'draft.md'])
    write(top, { 'docs/.git/config': '' })
    expect(walk(join(top, 'docs')).files).toEqual(['a.md', 'draft.md'])
  })

  it('goes by rules between the top of the repository and the folder', () => {
    const top = makeDocuments({
      ...{ '.git/config': '', 'guide/.gitignore': 'draft.md\n', 'guide/docs/a.md': '', 'guide/docs/draft.md': '' },
      ...{ 'guide/more/a.md': '', 'guide/more/.gitignore': '*\n' },
    })
    expect(walk(join(top, 'guide/docs')).files).toEqual(['a.md'])
    expect(walk(join(top, 'guide/more')).files).toEqual([])
  })

  it('names links, loops and pipes, and follows none', () => {
    const folder = makeDocuments({ 'a.md': '', 'sub/b.md': '' })
    symlinkSync(folder, join(folder, 'sub/loop'))
    symlinkSync('a.md', join(folder, 'link.md'))
    symlinkSync('nowhere', join(folder, 'broken.md'))
    symlinkSync('self.md', join(folder, 'self.md'))
    symlinkSync('/etc/hostname', join(folder, 'no-markdown'))
    mkdirSync(join(folder, 'folder.md'))
    execFileSync('mkfifo', [join(folder, 'pipe.md')])
    expect(walk(folder)).toEqual({
      files: ['a.md', 'sub/b.md'],
      skipped: [
        ['broken.md', 'a symbolic link that leads nowhere: nowhere'],
        ['link.md', `a symbolic link to ${folder}/a.md, not followed`],
        ['pipe.md', 'not a regular file'],
        ['self.md', 'a symbolic link that leads to itself'],
        ['sub/loop', `a symbolic link that leads back to ${folder}`],
      ],
    })
  })

  it('takes names in any language, and names those that are not text', () => {
    const names = ['灯塔.md', 'naïve café.md', 'cafe\u0301.md', 'a\nb.md', '😀.md', "it's.md", ' .md']
    const folder = makeDocuments(Object.fromEntries(names.map((name) => [name, ''])))
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff]), Buffer.from('.md')]), '')
    expect(walk(folder)).toEqual({ files: [...names].sort(), skipped: [['\ufffd.md', 'its name is not UTF-8']] })
  })

  it('says of what it has not found what is gone, what is left out and what is there after all', () => {
    const folder = makeDocuments({ 'a.md': '', 'sub/b.md': '', 'draft.md': '', '.gitignore': 'sub' })
    const paths = ['a.md', 'sub/b.md', 'draft.md', 'gone.md', 'a.md/below.md']
    expect(lookForMissing({ folder, paths, exclude: ['draft*'] })).toEqual({
      gone: ['gone.md', 'a.md/below.md'],
      leftOut: ['sub/b.md', 'draft.md'],
    })
  })
})

describe('a selection', () => {
  it.each([
    [{}, ['a.md', 'x/b.md']],
    [{ include: ['x/**'] }, ['x/b.md']],
    [{ include: ['b.md'] }, ['x/b.md']],
    [{ include: ['./a.md'] }, ['a.md']],
    [{ include: ['/a.md', '/x/b.md'] }, ['a.md', 'x/b.md']],
    [{ include: ['/b.md'] }, []],
    [{ exclude: ['/x'] }, ['a.md']],
    [{ include: ['*.txt'] }, ['c.txt', 'x/d.txt']],
    [{ include: ['x/*.{txt,md}'] }, ['x/b.md', 'x/d.txt']],
    [{ exclude: ['x/'] }, ['a.md']],
    [{ exclude: ['x/**'] }, ['a.md']],
    [{ exclude: ['**/b.*'] }, ['a.md']],
    [{ include: ['**'], exclude: ['a.md'] }, ['x/b.md']],
  ])('with %j is %j', (globs, expected) => {
    const selection = selectFiles(globs)
    const files = ['a.md', 'c.txt', 'x/b.md', 'x/d.txt', 'x/e.png']
    const chosen = files.filter(
      (path) => selection.hasFile(path) && (!path.startsWith('x/') || selection.hasFolder('x')),
    )
    expect(chosen).toEqual(expected)
  })
})

describe('a file', () => {
  const read = (content: string | Uint8Array, changes: object = {}) => {
    const folder = makeDocuments({ 'a.md': content })
    return readDocument({ file: join(folder, 'a.md'), path: 'a.md', maxBytes: 10_000, ...changes })
  }

  it.each([
    ['binary', new Uint8Array([1, 0, 2]), 'binary'],
    ['in Latin 1', Buffer.from('café', 'latin1'), 'not UTF-8'],
    ['cut in the middle of a character', Buffer.from('caf\u00e9').subarray(0, 4), 'not UTF-8'],
    ['UTF-16', Buffer.from('\ufeffhello', 'utf16le'), 'UTF-16, not UTF-8'],
    ['too large', 'x'.repeat(10_001), '10001 bytes, over the limit of 10000 (limits.documentBytes)'],
  ])('that is %s is not read, and it is said why', (_, content, reason) => {
    expect(read(content)).toEqual({ reason })
  })

  it('of 50 MB is not read at all', () => {
    const folder = makeDocuments({ 'large.md': '' })
    const file = join(folder, 'large.md')
    truncateSync(file, 50_000_000)
    const before = process.memoryUsage().external
    expect(readDocument({ file, path: 'large.md', maxBytes: 10_485_760 })).toMatchObject({ reason: /over the limit/ })
    expect(process.memoryUsage().external - before).toBeLessThan(10_000_000)
  })

  it('that is not there, or is no file, says so', () => {
    const folder = makeDocuments({ 'sub/a.md': '' })
    const at = (path: string) => readDocument({ file: join(folder, path), path, maxBytes: 10_000 })
    expect(at('none.md')).toEqual({ gone: true })
    expect(at('sub/a.md/b.md')).toEqual({ gone: true })
    expect(at('sub')).toEqual({ reason: 'not a regular file' })
    symlinkSync('sub/a.md', join(folder, 'link.md'))
    expect(at('link.md')).toEqual({ reason: 'a symbolic link' })
    execFileSync('mkfifo', [join(folder, 'pipe.md')])
    expect(at('pipe.md')).toEqual({ reason: 'not a regular file' })
  })

  it.each([
    ['without a newline at the end', 'text'],
    ['with a byte order mark', '\ufefftext'],
    ['with line ends of Windows', 'text\r\n'],
    ['with line ends of old', 'text\r'],
  ])('%s is one chunk', (_, content) => {
    expect(read(content)).toMatchObject({ document: { chunks: [{ text: 'text', lines: [1, 1] }] } })
  })

  it('that is empty has no chunk', () => {
    expect(read('')).toMatchObject({ bytes: 0, document: { title: 'a', chunks: [] } })
    expect(read('\ufeff---\n---\n')).toMatchObject({ document: { metadata: '{}', chunks: [] } })
  })

  it('that is as it was is not prepared again', () => {
    const first = read('text')
    expect(first).toMatchObject({ sha256: '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1' })
    const again = read('text', { sha256: 'sha256' in first ? first.sha256 : '' })
    expect(again).not.toHaveProperty('document')
  })

  it('need not be read again when nothing of its stamp is another and it was read long enough after its last change', () => {
    const found = { stamp: '1 2 3 4', bytes: 1, modifiedAt: 9_000, changedAt: 10_000 }
    const same = (readAt: number, stamp = found.stamp) => isSurelySame({ stamp, readAt }, found)
    expect(same(12_001)).toBe(true)
    expect(same(12_000)).toBe(false)
    expect(same(9_000)).toBe(false)
    expect(same(99_000, '1 2 3 5')).toBe(false)
  })
})
