import Database, { SqliteError } from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { CairnError } from '../../../src/errors.js'
import {
  GroupWriter,
  type GroupWriterOptions,
  type Reply,
  type Request,
} from '../../../src/storage/sqlite/group-writer.js'
import { openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { refuse, type WriteOperation } from '../../../src/storage/sqlite/operation.js'
import { useTempFolder } from '../../helpers/temp-folder.js'

const newPath = useTempFolder()

let path: string
let db: Database.Database
let replies: Reply[][]
/** How often each input was run. */
let runs: Map<unknown, number>
beforeEach(() => {
  path = newPath()
  db = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 0 })
  db.exec(`create table parents (id integer primary key);
    create table notes (text not null unique, parent integer references parents deferrable initially deferred)`)
  replies = []
  runs = new Map()
})
afterEach(() => {
  db.close()
})

/** On a busy machine a group might end after its 5 ms, before what a test wants to see. */
function stopTheClock(): void {
  const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  onTestFinished(() => now.mockRestore())
}

const insertNote = (text: string, parent: number | null = null) =>
  db.prepare('insert into notes values (?, ?)').run(text, parent)

function ran(input: unknown): void {
  runs.set(input, (runs.get(input) ?? 0) + 1)
}

const operations: Record<string, WriteOperation<string>> = {
  note: (_, text) => {
    ran(text)
    insertNote(text)
    return `noted ${text}`
  },
  refuse: (_, text) => {
    ran(text)
    return refuse('conflict', `not ${text}`, { details: { version: 2 } })
  },
  fail: (_, text) => {
    ran(text)
    insertNote(text)
    throw new Error(`${text} failed after its write`)
  },
  orphan: (_, text) => {
    ran(text)
    insertNote(text, 99)
    return null
  },
  slow: (_, text) => {
    insertNote(text)
    for (const start = performance.now(); performance.now() - start < 6; );
    return null
  },
}

function writerWith(options: Partial<GroupWriterOptions> = {}, onReply?: (answers: Reply[]) => void): GroupWriter {
  const reply = (answers: Reply[]): void => {
    replies.push(answers)
    onReply?.(answers)
  }
  return new GroupWriter(db, { operations: operations as never, busyTimeoutMs: 1_000, ...options }, reply)
}

let nextId = 1
const request = (name: string, input: unknown = `${name} ${nextId}`): Request => ({ id: nextId++, name, input })
const many = (count: number): Request[] => Array.from({ length: count }, () => request('note'))
const answers = () => replies.flat()
const values = () => answers().map((reply) => ('failure' in reply ? reply.failure.code : reply.value))
const stored = () => db.prepare('select text from notes order by rowid').pluck().all()

/** Calls `onExec` with each statement that the writer runs as such, and whether it succeeded. */
function watchExec(onExec: (sql: string, error?: unknown) => void): void {
  const exec = db.exec.bind(db)
  vi.spyOn(db, 'exec').mockImplementation((sql) => {
    try {
      exec(sql)
    } catch (error) {
      onExec(sql, error)
      throw error
    }
    onExec(sql)
    return db
  })
}

function countCommits(): () => number {
  let commits = 0
  watchExec((sql) => {
    if (sql === 'commit') commits++
  })
  return () => commits
}

/** Another connection to the same file, as another process has one. */
function stranger(): Database.Database {
  const other = new Database(path, { timeout: 0 })
  onTestFinished(() => {
    other.close()
  })
  return other
}

describe('a group', () => {
  it('is what has queued up, in one commit, answered together and in order', async () => {
    stopTheClock()
    const commits = countCommits()
    const writer = writerWith()
    const requests = many(5)
    writer.push(requests.slice(0, 2))
    writer.push(requests.slice(2))
    await writer.idle()
    expect(commits()).toBe(1)
    expect(replies).toEqual([requests.map(({ id, input }) => ({ id, value: `noted ${input}` }))])
    expect(stored()).toEqual(requests.map(({ input }) => input))
  })

  it('ends at 64 operations', async () => {
    const writer = writerWith()
    writer.push(many(150))
    await writer.idle()
    expect(answers()).toHaveLength(150)
    expect(replies.length).toBeGreaterThanOrEqual(3)
    for (const group of replies) expect(group.length).toBeLessThanOrEqual(64)
  })

  it('ends at 256 KB of input, however deep the texts in it are', async () => {
    stopTheClock()
    const big = 'x'.repeat(200_000)
    const count = { count: () => 0 }
    const writer = writerWith({ operations: count as never })
    writer.push([[big], [{ a: { b: big }, n: 1, z: null }], [big], [1]].map((input) => request('count', input)))
    await writer.idle()
    expect(replies.map((group) => group.length)).toEqual([2, 2])
  })

  it('ends after 5 milliseconds', async () => {
    const writer = writerWith()
    writer.push([request('slow'), request('slow'), request('note')])
    await writer.idle()
    expect(replies.map((group) => group.length)).toEqual([1, 1, 1])
  })

  it('takes in what arrives while it runs, and what arrives after it', async () => {
    stopTheClock()
    const commits = countCommits()
    const arriving = [[request('note')], [], [request('note')]]
    const writer = writerWith({ poll: () => arriving.shift() ?? [] })
    writer.push([request('note')])
    await writer.idle()
    expect(replies.map((group) => group.length)).toEqual([2, 1])
    expect(commits()).toBe(2)
  })

  it('is not needed for nothing', async () => {
    const commits = countCommits()
    const writer = writerWith()
    writer.push([])
    await writer.idle()
    expect(commits()).toBe(0)
    writer.push([request('note')])
    await writer.idle()
    expect(commits()).toBe(1)
  })

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('does not forget what is pushed %s turns after an answer', async (turns) => {
    let pushed = false
    const all = new Promise<void>((resolve) => {
      const writer = writerWith({}, () => {
        if (answers().length === 2) resolve()
        if (pushed) return
        pushed = true
        let turn = Promise.resolve()
        for (let index = 0; index < turns; index++) turn = turn.then(() => undefined)
        void turn.then(() => writer.push([request('note')]))
      })
      writer.push([request('note')])
    })
    await all
    expect(stored()).toHaveLength(2)
  })
})

describe('an operation', () => {
  it('that refuses answers for itself, and the others are stored', async () => {
    const writer = writerWith()
    writer.push([request('note', 'a'), request('refuse', 'b'), request('note', 'c')])
    await writer.idle()
    expect(values()).toEqual(['noted a', 'conflict', 'noted c'])
    expect(answers()[1]).toMatchObject({ failure: { code: 'conflict', message: 'not b', details: { version: 2 } } })
    expect(stored()).toEqual(['a', 'c'])
    expect([...runs.values()]).toEqual([1, 1, 1])
  })

  it('that throws after a write undoes only itself; the others run once more, each in its own transaction', async () => {
    stopTheClock()
    const commits = countCommits()
    const writer = writerWith()
    writer.push([request('note', 'a'), request('note', 'b'), request('fail', 'c'), request('note', 'd')])
    await writer.idle()
    expect(values()).toEqual(['noted a', 'noted b', 'internal', 'noted d'])
    expect(stored()).toEqual(['a', 'b', 'd'])
    expect(Object.fromEntries(runs)).toEqual({ a: 2, b: 2, c: 2, d: 1 })
    expect(commits()).toBe(3)
    expect(db.inTransaction).toBe(false)
  })

  it('that throws alone is not run again', async () => {
    const writer = writerWith()
    writer.push([request('fail', 'a')])
    await writer.idle()
    expect(answers()).toMatchObject([{ failure: { code: 'internal', message: 'a failed after its write' } }])
    expect(runs.get('a')).toBe(1)
    expect(stored()).toEqual([])
  })

  it('that breaks a rule of the database is refused in our words', async () => {
    const writer = writerWith()
    writer.push([request('note', 'same'), request('note', 'same')])
    await writer.idle()
    expect(values()).toEqual(['noted same', 'internal'])
    expect(answers()[1]).toMatchObject({
      failure: { message: expect.stringContaining('UNIQUE'), details: { sqlite: 'SQLITE_CONSTRAINT_UNIQUE' } },
    })
  })

  it('that nobody knows is an error of ours', async () => {
    const writer = writerWith()
    writer.push([request('unknown')])
    await writer.idle()
    expect(answers()).toMatchObject([{ failure: { code: 'internal', message: 'no operation is named unknown' } }])
  })
})

describe('a commit that fails', () => {
  it('rejects all members, stores none, and runs none again', async () => {
    const writer = writerWith()
    writer.push([request('note', 'a'), request('orphan', 'b'), request('note', 'c')])
    await writer.idle()
    expect(values()).toEqual(['internal', 'internal', 'internal'])
    expect(stored()).toEqual([])
    expect([...runs.values()]).toEqual([1, 1, 1])
    writer.push([request('note', 'd')])
    await writer.idle()
    expect(stored()).toEqual(['d'])
  })

  it('rejects the one whose own commit failed, when they run one by one', async () => {
    const writer = writerWith()
    writer.push([request('note', 'a'), request('orphan', 'b'), request('fail', 'c'), request('note', 'd')])
    await writer.idle()
    expect(values()).toEqual(['noted a', 'internal', 'internal', 'noted d'])
    expect(stored()).toEqual(['a', 'd'])
  })

  it('for want of space is told as such, and gives back what the log can give', async () => {
    const writer = writerWith()
    writer.push(many(3))
    await writer.idle()
    const checkpoints = vi.spyOn(db, 'pragma')
    const exec = db.exec.bind(db)
    vi.spyOn(db, 'exec')
      .mockImplementationOnce(exec)
      .mockImplementationOnce(() => {
        throw new SqliteError('database or disk is full', 'SQLITE_FULL')
      })
    writer.push([request('note', 'lost')])
    await writer.idle()
    expect(values().at(-1)).toBe('disk_full')
    expect(stored()).not.toContain('lost')
    expect(checkpoints.mock.calls.map(([pragma]) => pragma)).toContain('wal_checkpoint(truncate)')
  })
})

describe('while another process holds the store', () => {
  it('a write waits for it', async () => {
    const other = stranger()
    other.exec('begin immediate')
    let refusals = 0
    watchExec((sql, error) => {
      if (sql === 'begin immediate' && error !== undefined && ++refusals === 3) other.exec('rollback')
    })
    const writer = writerWith()
    writer.push(many(2))
    await writer.idle()
    expect(refusals).toBe(3)
    expect(stored()).toHaveLength(2)
  })

  it('writes wait until their deadline, and then are busy, all that have queued up', async () => {
    const other = stranger()
    other.exec('begin immediate')
    const writer = writerWith({ busyTimeoutMs: 20 })
    writer.push(many(3))
    await writer.idle()
    expect(values()).toEqual(['busy', 'busy', 'busy'])
    other.exec('rollback')
    writer.push([request('note', 'later')])
    await writer.idle()
    expect(stored()).toEqual(['later'])
  })

  it('those that run one by one after a failure wait as well', async () => {
    const other = stranger()
    let refusals = 0
    watchExec((sql, error) => {
      if (sql === 'rollback') other.exec('begin immediate')
      if (error !== undefined && ++refusals === 2) other.exec('rollback')
    })
    const bad = request('unknown')
    const writer = writerWith()
    writer.push([request('note', 'a'), bad])
    await writer.idle()
    expect(refusals).toBeGreaterThanOrEqual(2)
    expect(values()).toEqual(['noted a', 'internal'])
    expect(stored()).toEqual(['a'])
  })

  it('what it commits in between is seen, and nothing is lost', async () => {
    const other = stranger()
    const writer = writerWith()
    for (let index = 0; index < 3; index++) {
      writer.push([request('note', `ours ${index}`)])
      await writer.idle()
      other.exec(`insert into notes values ('theirs ${index}', null)`)
    }
    expect(stored()).toEqual(['ours 0', 'theirs 0', 'ours 1', 'theirs 1', 'ours 2', 'theirs 2'])
  })
})

it('a store that was taken away is not written to', async () => {
  const check = () => {
    throw new CairnError('closed', 'The store was removed.')
  }
  const writer = writerWith({ check })
  writer.push(many(2))
  await writer.idle()
  expect(values()).toEqual(['closed', 'closed'])
  expect(stored()).toEqual([])
})

describe('the log', () => {
  const checkpointsOf = async (frames: { log: number; checkpointed: number }): Promise<string[]> => {
    const prepare = db.prepare.bind(db)
    vi.spyOn(db, 'prepare').mockImplementationOnce(() => ({ get: () => frames }) as never)
    const writer = writerWith()
    vi.mocked(db.prepare).mockImplementation(prepare)
    const pragma = vi.spyOn(db, 'pragma').mockClear()
    writer.push([request('note')])
    await writer.idle()
    return pragma.mock.calls.map(([text]) => text).filter((text) => text.startsWith('wal_checkpoint'))
  }

  it('is copied back when it has grown, and cut when it has grown far', async () => {
    expect(await checkpointsOf({ log: 3_999, checkpointed: 0 })).toEqual([])
    expect(await checkpointsOf({ log: 5_000, checkpointed: 4_000 })).toEqual([])
    expect(await checkpointsOf({ log: 4_000, checkpointed: 0 })).toEqual(['wal_checkpoint(passive)'])
    expect(await checkpointsOf({ log: 20_000, checkpointed: 0 })).toEqual(['wal_checkpoint(truncate)'])
  })

  it('stays short however much is written', async () => {
    const writer = writerWith()
    const frames = () => (db.prepare('pragma wal_checkpoint(noop)').get() as { log: number }).log
    let longest = 0
    for (let round = 0; round < 10; round++) {
      writer.push(Array.from({ length: 40 }, (_, index) => request('note', `${round} ${index} ${'x'.repeat(100_000)}`)))
      await writer.idle()
      longest = Math.max(longest, frames())
    }
    expect(longest).toBeGreaterThan(100)
    expect(longest).toBeLessThan(8_000)
  })

  it('that cannot be copied now is left for the next time', async () => {
    const pragma = db.pragma.bind(db)
    vi.spyOn(db, 'prepare').mockImplementationOnce(() => ({ get: () => ({ log: 20_000, checkpointed: 0 }) }) as never)
    const writer = writerWith()
    vi.mocked(db.prepare).mockRestore()
    vi.spyOn(db, 'pragma').mockImplementation((text, ...rest) => {
      if (text.startsWith('wal_checkpoint')) throw new SqliteError('locked', 'SQLITE_LOCKED')
      return pragma(text, ...rest)
    })
    writer.push([request('note', 'a')])
    await writer.idle()
    expect(values()).toEqual(['noted a'])
    expect(stored()).toEqual(['a'])
  })
})

describe('a writer beside another process', () => {
  const answered = (): number => replies.flat().length
  const many = (prefix: string): Request[] =>
    Array.from({ length: 400 }, (_, index) => ({ id: index + 1, name: 'note', input: `${prefix} ${index}` }))

  /** What the other connection sees of the writer's queue when it gets in. */
  async function answeredWhenOtherCommits(): Promise<number> {
    const other = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 0 })
    onTestFinished(() => void other.close())
    await new Promise((resolve) => setImmediate(resolve))
    other.exec(`insert into notes values ('from another ${answered()}', null)`)
    return answered()
  }

  it('goes through its queue at once while nobody else writes', async () => {
    const writer = writerWith()
    writer.push(many('first'))
    expect(await answeredWhenOtherCommits()).toBe(400)
    await writer.idle()
  })

  it('pauses after each commit once it has seen the other, which then gets in between', async () => {
    const writer = writerWith()
    writer.push(many('first'))
    await answeredWhenOtherCommits()
    replies = []
    writer.push(many('second'))
    const inBetween = await answeredWhenOtherCommits()
    expect(inBetween).toBeGreaterThan(0)
    expect(inBetween).toBeLessThan(400)
    await writer.idle()
    expect(answered()).toBe(400)
  })
})

describe('a writer at rest', () => {
  let pieces: number
  const tidy = (): boolean => {
    insertNote(`piece ${pieces}`)
    return --pieces > 0
  }

  beforeEach(() => {
    pieces = 3
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  it('puts the store in order, each piece in its own transaction, until there is no more to do', async () => {
    const writer = writerWith({ tidy })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(stored()).toEqual([])
    writer.push([request('note', 'a')])
    await writer.idle()
    const commits = countCommits()
    await vi.advanceTimersByTimeAsync(900)
    expect(commits()).toBe(0)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(commits()).toBe(3)
    expect(stored()).toEqual(['a', 'piece 3', 'piece 2', 'piece 1'])
  })

  it('answers first who comes in between', async () => {
    const writer = writerWith({ tidy })
    writer.push([request('note', 'a')])
    await writer.idle()
    await vi.advanceTimersByTimeAsync(1_000)
    writer.push([request('note', 'b')])
    await writer.idle()
    await vi.advanceTimersByTimeAsync(900)
    expect(stored()).toEqual(['a', 'piece 3', 'b'])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(stored()).toEqual(['a', 'piece 3', 'b', 'piece 2', 'piece 1'])
  })

  it('lets another process write first, and leaves what cannot be done to after the next write', async () => {
    const failing = vi.fn(() => {
      throw new SqliteError('full', 'SQLITE_FULL')
    })
    const writer = writerWith({ tidy: failing })
    writer.push([request('note', 'a')])
    await writer.idle()
    const other = stranger()
    other.exec('begin immediate')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(failing).not.toHaveBeenCalled()
    other.exec('commit')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(failing).toHaveBeenCalledTimes(1)
    writer.push([request('note', 'b')])
    await writer.idle()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(failing).toHaveBeenCalledTimes(2)
    expect(stored()).toEqual(['a', 'b'])
  })

  it('does nothing to a store that is closed, or that is not the one that was opened', async () => {
    let gone = false
    const check = (): void => {
      if (gone) throw new CairnError('closed', 'gone', { hint: 'none' })
    }
    const writer = writerWith({ tidy, check })
    writer.push([request('note', 'a')])
    await writer.idle()
    gone = true
    await vi.advanceTimersByTimeAsync(5_000)
    expect(stored()).toEqual(['a'])
    db.close()
    await vi.advanceTimersByTimeAsync(5_000)
  })
})
