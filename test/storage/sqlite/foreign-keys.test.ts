import type { Database } from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ConnectionOptions, openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { add, anEvent, append, author, createSession, found, s1, tone } from '../contract/subject.js'
import { goodRows, type Row } from './good-rows.js'

const newPath = useTempFolder()
const writer: ConnectionOptions = { role: 'writer', durability: 'off', busyTimeoutMs: 0 }
const options = { create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const

/** A store on disk, since a private one in memory has hidden foreign keys that were off before. */
let path: string
let db: Database
beforeEach(async () => {
  path = newPath()
  const storage = await openSqliteStorage({ ...options, path })
  await createSession(storage)
  await append(storage, [anEvent({ content: '{"text":"alpha"}' })])
  await add(storage, { value: '"alpha"' })
  await storage.close()
  db = openDatabase(path, writer)
  for (const table of ['tasks', 'agents', 'checkpoints']) insert(table, goodRows[table] ?? {})
  insert('tasks', { ...goodRows.tasks, id: 'child', parent_task_id: 't1', session_id: null })
  insert('task_dependencies', { dependent_task_id: 't1', prerequisite_task_id: 'child', created_at: 0 })
  db.close()
  db = openDatabase(path, writer)
  return () => db.close()
})

function insert(table: string, values: Row): void {
  const columns = Object.keys(values)
  db.prepare(`insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`).run(
    Object.values(values),
  )
}

const all = (sql: string) => db.prepare(sql).raw().all()

describe('on a fresh connection to a file', () => {
  it('a session that goes leaves its tasks, agents and checkpoints without it, and takes its events', () => {
    db.exec(`delete from sessions where id = 's1'`)
    expect(all('select id, session_id from tasks order by id')).toEqual([
      ['child', null],
      ['t1', null],
    ])
    expect(all('select id, session_id, task_id from agents')).toEqual([['a1', null, 't1']])
    expect(all('select task_id, session_id from checkpoints')).toEqual([['t1', null]])
    expect(all('select * from session_events')).toEqual([])
    expect(all('pragma foreign_key_check')).toEqual([])
  })

  it('the service that deletes a session does the same', async () => {
    const storage = await openSqliteStorage({ ...options, path })
    expect(await storage.sessions.delete({ ...s1, author: author() })).toBe(true)
    expect(await found(storage, 'alpha')).toEqual(['user:alice tone 1'])
    await storage.close()
    expect(
      all(
        'select session_id from tasks union all select session_id from agents union all select session_id from checkpoints',
      ),
    ).toEqual(Array(4).fill([null]))
    expect(all(`select kind from search_items`)).toEqual([['memory']])
    expect(all('pragma foreign_key_check')).toEqual([])
  })

  it('a task that goes takes its checkpoints and dependencies, and leaves its agents and children', () => {
    db.exec(`delete from tasks where id = 't1'`)
    expect(all('select id, parent_task_id from tasks')).toEqual([['child', null]])
    expect(all('select id, task_id, session_id from agents')).toEqual([['a1', null, 's1']])
    expect(all('select * from checkpoints')).toEqual([])
    expect(all('select * from task_dependencies')).toEqual([])
    expect(all('pragma foreign_key_check')).toEqual([])
  })

  const strangers: [table: string, column: string][] = [
    ['session_events', 'session_id'],
    ['tasks', 'session_id'],
    ['tasks', 'parent_task_id'],
    ['agents', 'session_id'],
    ['agents', 'task_id'],
    ['checkpoints', 'session_id'],
    ['checkpoints', 'task_id'],
  ]
  it.each(strangers)('%s.%s refuses what is not there', (table, column) => {
    const other = { id: 'x', iteration: 9, seq: 9, event_id: 'e9' }
    const row = { ...goodRows[table] }
    for (const [name, value] of Object.entries(other)) if (name in row) row[name] = value
    expect(() => insert(table, { ...row, [column]: 'unknown' })).toThrow('FOREIGN KEY constraint failed')
    insert(table, row)
  })

  it('dependencies refuse tasks that are not there, at either end', () => {
    for (const [dependent_task_id, prerequisite_task_id] of [
      ['unknown', 't1'],
      ['t1', 'unknown'],
    ])
      expect(() =>
        insert('task_dependencies', {
          dependent_task_id: `${dependent_task_id}`,
          prerequisite_task_id: `${prerequisite_task_id}`,
          created_at: 0,
        }),
      ).toThrow('FOREIGN KEY')
  })

  it('no session is a session, where one may be missing', () => {
    insert('tasks', { ...goodRows.tasks, id: 't3', session_id: null })
    insert('agents', { ...goodRows.agents, id: 'a3', session_id: null, task_id: null })
    insert('checkpoints', { ...goodRows.checkpoints, iteration: 3, session_id: null })
  })

  it('a space that goes takes its codes, vectors and jobs, and nobody else’s', () => {
    const item = db.prepare<[], number>(`select id from search_items where kind = 'memory'`).pluck().get() ?? 0
    for (const [id, name] of ['kept', 'other'].entries()) {
      insert('embedding_spaces', { ...goodRows.embedding_spaces, id: id + 1, name })
      insert('embedding_codes', { ...goodRows.embedding_codes, item, space_id: id + 1, change_seq: id + 1 })
      insert('embedding_vectors', { ...goodRows.embedding_vectors, change_seq: id + 1 })
      insert('embedding_jobs', { ...goodRows.embedding_jobs, item, space_id: id + 1 })
    }
    db.exec(`delete from embedding_spaces where name = 'other'`)
    expect(all('select space_id, item from embedding_codes')).toEqual([[1, item]])
    expect(all('select change_seq from embedding_vectors')).toEqual([[1]])
    expect(all('select space_id, item from embedding_jobs')).toEqual([[1, item]])
    expect(all('pragma foreign_key_check')).toEqual([])

    db.exec('delete from memory_entries')
    expect(all('select change_seq, item, text_hash, code from embedding_codes')).toEqual([[3, item, null, null]])
    expect(all('select * from embedding_vectors')).toEqual([])
    expect(all('select * from embedding_jobs')).toEqual([])
    expect(all('pragma foreign_key_check')).toEqual([])
  })

  it('the trail of a memory outlives its rows, and their index entries go with them', () => {
    expect(all(`select ref from search_items where kind = 'memory'`)).toHaveLength(1)
    db.exec('delete from memory_entries')
    expect(all(`select operation, namespace, key, version from audit where subject = 'memory'`)).toEqual([
      ['create', tone.namespace, tone.key, 1],
    ])
    expect(all(`select ref from search_items where kind = 'memory'`)).toEqual([])
    expect(all(`select rowid from search_text('alpha')`)).toHaveLength(1)
    expect(all('pragma foreign_key_check')).toEqual([])
  })
})
