import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toRow } from '../../../src/ops/interchange-line.js'
import type { ImportRow } from '../../../src/storage/interchange-store.js'
import { importRows } from '../../../src/storage/sqlite/interchange-write.js'
import { migrate } from '../../../src/storage/sqlite/migrations.js'
import { exported, fill } from '../../ops/full-store.js'
import { aMemory, anAuditLine } from '../../ops/records.js'
import { openStore } from '../../store.js'

const indexed = `select kind, namespace, type, time, (select title || ' ' || version from (
     select m.key as title, m.version from memory_entries m where i.kind = 'memory' and m.id = i.ref
     union all select e.session_id, e.seq from session_events e where i.kind = 'event' and e.id = i.ref)) as name
   from search_items i
   order by 1, 2, 5`

function itemsIn(path: string): unknown[] {
  const db = new Database(path, { readonly: true })
  try {
    return db.prepare(indexed).all()
  } finally {
    db.close()
  }
}

describe('the index after an import', () => {
  it('holds just what it held before the export', async () => {
    const store = await openStore()
    await fill(store)
    const copy = await openStore()
    await copy.cairn.import([await exported(store.cairn)])
    expect(itemsIn(copy.path)).toEqual(itemsIn(store.path))
    expect(itemsIn(store.path).length).toBeGreaterThan(50)
  })
})

function snapshotsIn(path: string): unknown[] {
  const db = new Database(path, { readonly: true })
  try {
    const rows = db.prepare<[], { session_id: string; seq: number; state: string }>('select * from session_snapshots')
    return rows.all().map((row) => ({ ...row, state: JSON.parse(row.state) }))
  } finally {
    db.close()
  }
}

describe('the states that folds begin with', () => {
  it('are after an import what they were before the export', async () => {
    const store = await openStore()
    const { sessions } = store.cairn.as({ app: 'shop', user: 'alice' })
    await sessions.create({ id: 's1' })
    const append = async (id: string, hundreds: number) => {
      for (let n = 0; n < hundreds; n++) {
        const event = { type: 'message' as const, actor: 'user', content: {}, stateDelta: { [`${id} ${n % 7}`]: n } }
        await sessions.appendEvents(
          id,
          Array.from({ length: 100 }, () => event),
        )
      }
    }
    await append('s1', 21)
    // Its name sorts before that of its parent, and it crosses the next thousand twice.
    await sessions.fork('s1', { id: 'a', atSeq: 1_000 })
    await append('a', 20)
    const copy = await openStore()
    const text = await exported(store.cairn)
    await copy.cairn.import([text])
    const expected = snapshotsIn(store.path).filter((row) => JSON.stringify(row).includes('"a","seq":1000') === false)
    expect(expected).toHaveLength(4)
    expect(snapshotsIn(copy.path)).toEqual(expected)
    await copy.cairn.import([text])
    expect(snapshotsIn(copy.path)).toEqual(expected)
  })
})

describe('a batch', () => {
  let db: Database.Database
  beforeEach(() => {
    db = new Database(':memory:')
    migrate(db, { now: 0 })
  })
  afterEach(() => void db.close())

  const at = (n: number) => `2026-01-01T00:00:00.00${n}Z`
  const version = (n: number, changes = {}) =>
    toRow(aMemory({ version: n, recordedAt: at(n), supersededAt: n === 4 ? null : at(n + 1), ...changes })) as ImportRow
  const bounded = { validFrom: '2020-01-01T00:00:00.000Z' }
  const versionsIndexed = () =>
    db.prepare('select version from memory_entries m join search_items i on i.ref = m.id order by 1').pluck().all()

  it.each([
    ['the last covers everything', [version(1), version(2, bounded)], [version(3, bounded), version(4)], [4]],
    ['one in the middle does', [version(1), version(2, bounded)], [version(3), version(4, bounded)], [3, 4]],
    [
      'only the first does',
      [version(1), version(2, bounded)],
      [version(3, bounded), version(4, bounded)],
      [1, 2, 3, 4],
    ],
    [
      'the last is a tombstone',
      [version(1), version(2, bounded)],
      [version(3), version(4, { deleted: true, value: null })],
      [],
    ],
    [
      'one is a tombstone',
      [version(1)],
      [version(2), version(3, { deleted: true, value: null }), version(4, bounded)],
      [4],
    ],
  ])('leaves the versions in the index that can still be true, where %s', (_, first, second, expected) => {
    importRows(db, { rows: first })
    importRows(db, { rows: second })
    expect(versionsIndexed()).toEqual(expected)
  })

  it('does not take a refusal for an hour of the same minute', () => {
    const line = (timestamp: string) =>
      ({ ...toRow(anAuditLine({ outcome: 'forbidden', timestamp })), nth: 1 }) as ImportRow
    const rows = [line('2026-01-01T00:00:59.999Z'), line('2026-01-01T00:01:00.000Z'), line('2026-01-01T00:01:59.999Z')]
    expect(importRows(db, { rows })).toMatchObject({ verdicts: ['added', 'added', 'different'] })
  })

  it('that is written in part and rolled back leaves nothing', () => {
    db.exec('begin')
    importRows(db, { rows: [version(1)] })
    db.exec('rollback')
    expect(versionsIndexed()).toEqual([])
  })
})
