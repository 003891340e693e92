// The yardstick: the same rows, indexes, full text and audit lines as the product writes, by a plain better-sqlite3
// loop from the same inputs. Nothing that keeps a promise (validation, policy, versions, conflicts) is in it.
import Database from 'better-sqlite3'

export function openRaw(path) {
  const db = new Database(path)
  for (const pragma of [
    'journal_mode = wal',
    'synchronous = full',
    'wal_autocheckpoint = 4000', // as the product
    'foreign_keys = on',
    'cache_size = -32768',
    'temp_store = memory',
  ])
    db.pragma(pragma)
  return db
}

/** Writers of one memory and of one event, as rows made by `memoryRow` and `eventRow`. */
export function rawWriters(db) {
  const memory =
    db.prepare(`insert into memory_entries (chain, namespace, key, version, type, value, is_deleted, metadata, recorded_at, created_at, created_by, updated_by)
    values (@chain, @namespace, @key, 1, 'semantic', @value, 0, '{}', @now, @now, 'root', 'root')`)
  const event =
    db.prepare(`insert into session_events (session_id, seq, event_id, type, actor, timestamp, recorded_at, content, is_final)
    values (@session, @seq, @eventId, 'message', 'user:alice', @now, @now, @value, 0)`)
  const session = db.prepare('update sessions set last_seq = @seq, updated_at = @now where id = @session')
  const item = db.prepare(`insert into search_items (kind, ref, namespace, owner, type, time, text_version)
    values (@kind, @ref, @namespace, @owner, @type, @now, 1)`)
  const text = db.prepare('insert into search_text (rowid, scope, title, body) values (@id, @scope, @title, @body)')
  const audit =
    db.prepare(`insert into audit (timestamp, subject, operation, actor, principal, namespace, key, version, session_id, detail)
    values (@now, @subject, @operation, 'root', '{"root":true}', @namespace, @key, @version, @session, '{}')`)

  const index = (row, kind, ref, type, owner) => {
    const { lastInsertRowid: id } = item.run({ kind, ref, namespace: row.namespace, owner, type, now: row.now })
    text.run({ id, scope: row.scope, title: row.title, body: row.body })
  }
  return {
    addMemory(row) {
      const { lastInsertRowid } = memory.run(row)
      index(row, 'memory', lastInsertRowid, 'semantic', null)
      audit.run({
        now: row.now,
        subject: 'memory',
        operation: 'create',
        namespace: row.namespace,
        key: row.key,
        version: 1,
        session: null,
      })
    },
    appendEvent(row) {
      const { lastInsertRowid } = event.run(row)
      session.run(row)
      index(row, 'event', lastInsertRowid, 'message', row.owner)
      audit.run({
        now: row.now,
        subject: 'event',
        operation: 'append',
        namespace: null,
        key: null,
        version: null,
        session: row.session,
      })
    },
  }
}

/** Runs `write` over rows in transactions of `size`; returns milliseconds. */
export function rawInGroups(db, rows, size, write) {
  const begin = db.prepare('begin immediate')
  const commit = db.prepare('commit')
  const start = performance.now()
  for (let at = 0; at < rows.length; at += size) {
    begin.run()
    for (let i = at; i < Math.min(at + size, rows.length); i++) write(rows[i])
    commit.run()
  }
  return performance.now() - start
}
