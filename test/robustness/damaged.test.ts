import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import { openCairn } from '../../src/open.js'
import { refusal } from '../helpers/refusal.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { count, expectSound, peek } from './inspect.js'

const tempPath = useTempFolder()
const whole = tempPath('whole.db')
const live = tempPath('live.db')
const memories = 400
const key = (index: number): string => `key-${String(index).padStart(4, '0')}`

const fact = (name: string, value: string = name) =>
  ({ namespace: 'user:alice', key: name, value, type: 'semantic' }) as const

/** A store that was closed, and one as a killed process leaves it: its newest rows only in the log. */
beforeAll(async () => {
  const cairn = await openCairn({ db: whole, threads: false, durability: 'off' })
  await cairn.memories.addMany(
    Array.from({ length: memories }, (_, i) => fact(key(i), `stone ${i} ${'x'.repeat(900)}`)),
  )
  await cairn.close()
  const other = await openCairn({ db: tempPath('other.db'), threads: false, durability: 'off' })
  await other.memories.add(fact('old'))
  peek(tempPath('other.db'), (db) => db.pragma('wal_checkpoint(truncate)'))
  for (let i = 0; i < 50; i++) await other.memories.add(fact(key(i)))
  for (const end of ['', '-wal', '-shm']) copyFileSync(tempPath('other.db') + end, live + end)
  await other.close()
})

function copyOf(path: string): string {
  const copy = tempPath()
  for (const end of ['', '-wal', '-shm']) if (existsSync(path + end)) copyFileSync(path + end, copy + end)
  return copy
}

function copyTo(path: string): string {
  copyFileSync(whole, path)
  return path
}

/** Writes rubbish over a part of a file. */
function overwrite(path: string, offset: number, length: number, byte = 0xa5): void {
  const bytes = readFileSync(path)
  bytes.fill(byte, offset, offset + length)
  writeFileSync(path, bytes)
}

const pageSize = 4096

/** The leaf pages of a table or an index, by number. */
function leavesOf(path: string, name: string): number[] {
  return peek(path, (db) =>
    db.prepare(`select pageno from dbstat where name = ? and pagetype = 'leaf' order by pageno`).pluck().all(name),
  ) as number[]
}

function overwritePage(path: string, page: number): void {
  overwrite(path, (page - 1) * pageSize, pageSize)
}

async function open(path: string, threads = false): Promise<Cairn> {
  const cairn = await openCairn({ db: path, threads, create: false })
  onTestFinished(() => cairn.close())
  return cairn
}

async function bytesUnchanged(path: string, act: () => Promise<unknown>): Promise<void> {
  const before = bytesOf(path)
  await act()
  expect(bytesOf(path)).toBe(before)
}

describe.each([{ threads: true }, { threads: false }])('what is no store, threads $threads', ({ threads }) => {
  const contents: [sentence: string, make: (path: string) => void][] = [
    ['a text', (path) => writeFileSync(path, 'Once upon a time '.repeat(1000))],
    ['three bytes', (path) => writeFileSync(path, 'abc')],
    ['a store whose first 100 bytes are gone', (path) => overwrite(copyTo(path), 0, 100)],
    ["another program's database", (path) => void makeForeign(path)],
    ["another program's database with an id of its own", (path) => void makeForeign(path, 'pragma application_id = 7')],
    [
      "another program's empty database with an id of its own",
      (path) => void makeForeign(path, 'drop table a; pragma application_id = 7'),
    ],
    ['a folder', (path) => mkdirSync(path)],
    ['a named pipe', (path) => void execFileSync('mkfifo', [path])],
  ]

  it.each(contents)('%s is refused as not_a_database and left as it was', async (_sentence, make) => {
    const path = tempPath()
    make(path)
    await bytesUnchanged(path, async () => {
      const error = await refusal(openCairn({ db: path, threads }), 'not_a_database')
      expect(error.message).toContain(path)
      expect(error.hint).toBeTruthy()
    })
  })

  it('nothing is created where no folder is', async () => {
    const path = `${tempPath()}/deeper/store.db`
    const error = await refusal(openCairn({ db: path, threads }), 'invalid_input')
    expect(error.hint).toContain('mkdir -p')
    await refusal(openCairn({ db: path, threads, create: false }), 'not_found')
    await refusal(openCairn({ db: tempPath(), threads, create: false }), 'not_found')
    await refusal(openCairn({ db: `${whole}/store.db`, threads }), 'invalid_input')
  })

  it('an empty file becomes a store', async () => {
    const path = tempPath()
    writeFileSync(path, '')
    const cairn = await openCairn({ db: path, threads })
    await cairn.memories.add(fact('a'))
    await cairn.close()
    expectSound(path)
  })

  it('a store of a newer Cairn is refused as schema_newer and left as it was', async () => {
    const path = copyOf(whole)
    peek(path, (db) => {
      db.exec(`insert into schema_migrations values (99, 'from_the_future', 0)`)
      db.pragma('wal_checkpoint(truncate)')
    })
    await bytesUnchanged(path, async () => {
      const error = await refusal(openCairn({ db: path, threads }), 'schema_newer')
      expect(error.details).toMatchObject({ found: 99 })
      expect(error.hint).toContain('Update')
    })
  })

  it.each([
    ['whose schema page is rubbish', (path: string) => overwrite(path, 100, 3000)],
    [
      'that was cut in half',
      (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2 / pageSize) * pageSize),
    ],
    ['that was cut in the middle of a page', (path: string) => truncateSync(path, 20 * pageSize + 1000)],
    ['whose list of migrations is gone', (path: string) => peek(path, (db) => db.exec('drop table schema_migrations'))],
  ])('a store %s is refused as corrupt at open', async (_sentence, damage) => {
    const path = copyOf(whole)
    damage(path)
    const error = await refusal(openCairn({ db: path, threads }), 'corrupt')
    expect(error.hint).toBeTruthy()
  })
})

/** What a file holds, as a short text; undefined where no file is. */
function bytesOf(path: string): string | undefined {
  if (!existsSync(path) || !statSync(path).isFile()) return undefined
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

function makeForeign(path: string, more = 'select 1'): void {
  const db = new Database(path)
  db.exec('create table a (b); insert into a values (1)')
  db.exec(more)
  db.close()
}

describe.each([{ threads: true }, { threads: false }])('a damaged page, threads $threads', ({ threads }) => {
  it('is found when it is touched, by reads and by writes, and the rest of the store works', async () => {
    const path = copyOf(whole)
    const leaf = leavesOf(path, 'memory_entries')[50]
    overwritePage(path, leaf ?? 0)
    const cairn = await open(path, threads)
    const outcomes = await Promise.allSettled(
      Array.from({ length: memories }, (_, i) => cairn.memories.get('user:alice', key(i))),
    )
    const lost = outcomes.flatMap((outcome, i) => (outcome.status === 'rejected' ? [i] : []))
    expect(lost.length).toBeGreaterThan(0)
    expect(lost.length).toBeLessThan(20)
    for (const i of lost) {
      const error = await refusal(cairn.memories.get('user:alice', key(i)), 'corrupt')
      expect(error.hint).toBeTruthy()
      await refusal(cairn.memories.update('user:alice', key(i), 'new'), 'corrupt')
    }
    await refusal(cairn.memories.list({ limit: 1000 }), 'corrupt')
    await refusal(cairn.search(String(lost[0])), 'corrupt')
    expect((await cairn.search('399')).hits).toHaveLength(1)
    await cairn.memories.add(fact('fresh'))
    expect((await cairn.memories.get('user:alice', 'fresh'))?.value).toBe('fresh')
    await cairn.close()
  })

  it('among writes of one group fails only the writes that touch it', async () => {
    const path = copyOf(whole)
    overwritePage(path, leavesOf(path, 'memory_entries')[50] ?? 0)
    const cairn = await open(path, threads)
    const before = count(path, 'select count(*) from audit')
    const outcomes = await Promise.allSettled(
      Array.from({ length: memories }, (_, i) => cairn.memories.update('user:alice', key(i), `new ${i}`)),
    )
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.code)
    expect(new Set(failures)).toEqual(new Set(['corrupt']))
    expect(failures.length).toBeLessThan(20)
    await cairn.close()
    expect(count(path, 'select count(*) from audit')).toBe(before + memories - failures.length)
  })

  it('of the full text fails the search that touches it and no read of a memory', async () => {
    const path = copyOf(whole)
    for (const leaf of leavesOf(path, 'search_text_data')) overwritePage(path, leaf)
    const cairn = await open(path, threads)
    await refusal(cairn.search('stone'), 'corrupt')
    expect((await cairn.memories.get('user:alice', key(7)))?.key).toBe(key(7))
    await refusal(cairn.memories.add(fact('unsearchable')), 'corrupt')
    expect(await cairn.memories.get('user:alice', 'unsearchable')).toBeNull()
    await cairn.close()
  })

  it('with text that is no JSON any more is corrupt too', async () => {
    const path = copyOf(whole)
    const bytes = readFileSync(path)
    bytes.write('"', bytes.indexOf('stone 7 ') + 3)
    writeFileSync(path, bytes)
    const cairn = await open(path, threads)
    await refusal(cairn.memories.get('user:alice', key(7)), 'corrupt')
    await refusal(cairn.memories.list({ limit: 1000 }), 'corrupt')
    await refusal(cairn.search('stone 7', { limit: 100 }), 'corrupt')
    await cairn.close()
  })
})

describe('the files beside a store', () => {
  const stored = (path: string): number => count(path, 'select count(*) from memory_entries')

  it('as a killed process left them are taken up again', async () => {
    const path = copyOf(live)
    const cairn = await open(path)
    expect((await cairn.memories.list({ limit: 1000 })).items).toHaveLength(51)
    await cairn.close()
    expectSound(path)
  })

  it.each([
    ['lost', (shm: string) => rmSync(shm)],
    ['rubbish', (shm: string) => overwrite(shm, 0, 32_768)],
    ['empty', (shm: string) => truncateSync(shm, 0)],
  ])('cost nothing when the shared memory is %s', async (_sentence, damage) => {
    const path = copyOf(live)
    damage(`${path}-shm`)
    const cairn = await open(path)
    expect((await cairn.memories.list({ limit: 1000 })).items).toHaveLength(51)
    await cairn.memories.add(fact('next'))
    await cairn.close()
    expectSound(path)
    expect(stored(path)).toBe(52)
  })

  it.each([
    ['lost', (wal: string) => rmSync(wal)],
    ['rubbish from its first byte', (wal: string) => overwrite(wal, 0, 4096)],
    ['empty', (wal: string) => truncateSync(wal, 0)],
  ])('cost what was only in the log when that is %s, and leave a sound store', async (_sentence, damage) => {
    const path = copyOf(live)
    damage(`${path}-wal`)
    const cairn = await open(path)
    expect((await cairn.memories.list({ limit: 1000 })).items.map((item) => item.key)).toEqual(['old'])
    await cairn.memories.add(fact('next'))
    await cairn.close()
    expectSound(path)
    expect(stored(path)).toBe(2)
  })

  it.each([
    ['rubbish in the middle', (wal: string) => overwrite(wal, Math.floor(readFileSync(wal).length / 2), 4096)],
    ['cut in the middle', (wal: string) => truncateSync(wal, Math.floor(readFileSync(wal).length / 2))],
  ])('keep each whole transaction before the damage when the log is %s', async (_sentence, damage) => {
    const path = copyOf(live)
    damage(`${path}-wal`)
    const cairn = await open(path)
    const { items } = await cairn.memories.list({ limit: 1000 })
    expect(items.length).toBeGreaterThan(1)
    expect(items.length).toBeLessThan(51)
    expect(items.map((item) => item.key).slice(0, -1)).toEqual(items.slice(0, -1).map((_, i) => key(i)))
    await cairn.close()
    expectSound(path)
  })
})

describe.each([{ threads: true }, { threads: false }])(
  'a store that loses its file, threads $threads',
  ({ threads }) => {
    const fates: { fate: string; change: (path: string) => void }[] = [
      { fate: 'deleted', change: remove },
      { fate: 'moved away', change: (path) => renameSync(path, `${path}.moved`) },
      { fate: 'replaced by another store', change: (path) => copyFileSync(whole, remove(path)) },
      { fate: 'replaced by rubbish', change: (path) => writeFileSync(remove(path), 'rubbish'.repeat(1000)) },
    ]
    const moments: { moment: string; prepare: (cairn: Cairn) => Promise<unknown> }[] = [
      { moment: 'before its first write', prepare: async () => undefined },
      { moment: 'after a write', prepare: (cairn) => cairn.memories.add(fact('first')) },
    ]
    const cases = fates.flatMap((fate) => moments.map((moment) => ({ ...fate, ...moment })))

    it.each(cases)('because it is $fate $moment refuses to write and goes on reading', async ({ change, prepare }) => {
      const path = copyOf(live)
      const cairn = await open(path, threads)
      await prepare(cairn)
      change(path)
      const after = bytesOf(path)
      const outcomes = await Promise.allSettled([
        cairn.memories.add(fact('second')),
        cairn.memories.update('user:alice', 'old', 'new'),
        cairn.sessions.create({ app: 'a', user: 'alice' }),
      ])
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ reason: { code: 'closed', hint: expect.any(String) } })
      expect((await cairn.memories.get('user:alice', 'old'))?.value).toBe('old')
      await cairn.close()
      expect(bytesOf(path)).toBe(after)
    })
  },
)

function remove(path: string): string {
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
  return path
}

describe('the name of a store', () => {
  it('may be a link: its log is beside the file, and is copied back', async () => {
    const path = copyOf(whole)
    const link = tempPath()
    execFileSync('ln', ['-s', path, link])
    const cairn = await open(link, true)
    await cairn.memories.add(fact('linked'))
    expect((await cairn.info()).location).toBe(path)
    await cairn.close()
    expect(readdirSync(dirname(path)).filter((name) => name.startsWith(`${link}-`))).toEqual([])
    expectSound(path)
  })

  it('means the same when the working directory changes after opening', async () => {
    const path = copyOf(whole)
    const home = process.cwd()
    onTestFinished(() => process.chdir(home))
    process.chdir(dirname(path))
    const cairn = await open(path.slice(dirname(path).length + 1))
    process.chdir('/')
    await cairn.memories.add(fact('moved'))
    expect((await cairn.memories.get('user:alice', 'moved'))?.value).toBe('moved')
    await cairn.close()
    expect(count(path, `select count(*) from memory_entries where key = 'moved'`)).toBe(1)
  })

  it('is a path even when it looks like an address', async () => {
    const folder = tempPath()
    mkdirSync(folder)
    const cairn = await openCairn({ db: `${folder}/file:x?mode=memory`, threads: false })
    await cairn.memories.add(fact('a'))
    await cairn.close()
    expect(readdirSync(folder)).toEqual(['file:x?mode=memory'])
  })
})
