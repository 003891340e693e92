import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'
import { expect } from 'vitest'

const tables = [
  'schema_migrations',
  'sessions',
  'session_events',
  'state',
  'memory_entries',
  'document_folders',
  'documents',
  'document_chunks',
  'tasks',
  'agents',
  'checkpoints',
  'metrics',
  'jobs',
  'leases',
  'search_items',
  'search_text_docsize',
]

/** Reads a store file beside Cairn, as any other process could. */
export function peek<T>(path: string, look: (db: Database.Database) => T): T {
  const db = new Database(path, { timeout: 5000 })
  try {
    return look(db)
  } finally {
    db.close()
  }
}

export function count(path: string, query: string): number {
  return peek(path, (db) => Number(db.prepare(query).pluck().get()))
}

/** Everything that is in a store but the notes of refusals: two equal answers mean that nothing was written in between. */
export function contentOf(path: string): Record<string, string> {
  return peek(path, (db) => {
    const lines = tables.map((table) => [table, digest(db.prepare(`select * from ${table}`).raw().all())])
    const trail = db.prepare(`select * from audit where outcome = 'ok'`).raw().all()
    return Object.fromEntries([...lines, ['audit', digest(trail)]]) as Record<string, string>
  })
}

function digest(rows: unknown[]): string {
  return `${rows.length} rows, ${createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 12)}`
}

/**
 * Pages, references, chains and index are whole, and every change has its line in the trail; during an import one line
 * stands for all of it, until those of the file follow at its end.
 */
export function expectSound(path: string, { importing = false } = {}): void {
  peek(path, (db) => {
    const one = (query: string): unknown => db.prepare(query).pluck().get()
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(db.pragma('foreign_key_check')).toEqual([])
    db.exec(`insert into search_text (search_text) values ('integrity-check')`)
    expect(db.prepare('select id from search_items except select id from search_text_docsize').all()).toEqual([])
    expect(db.prepare('select id from search_text_docsize except select id from search_items').all()).toEqual([])
    expect(
      db
        .prepare(
          `select id from memory_entries where superseded_at is null and is_deleted = 0
           except select ref from search_items where kind = 'memory'`,
        )
        .all(),
      'live memories that search cannot find',
    ).toEqual([])
    expect(
      db
        .prepare(`select namespace, key from memory_entries group by namespace, key having count(*) <> max(version)`)
        .all(),
      'chains with holes',
    ).toEqual([])
    if (importing) expect(one(`select count(*) > 0 from audit where operation = 'import'`)).toBe(1)
    else
      expect(
        one(`select count(*) from audit where subject = 'memory' and operation <> 'read' and version is not null`),
        'lines of the trail about changes of memories',
      ).toBe(one('select count(*) from memory_entries'))
    expect(
      db.prepare('select session_id from session_events group by session_id having count(*) <> max(seq)').all(),
      'sessions with holes',
    ).toEqual([])
  })
}
