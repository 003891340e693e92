import { statSync, utimesSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'vitest'
import { openCairn, readForeignFile } from '../../../src/open.js'
import type { ForeignFormat } from '../../../src/ops/importers/importer.js'
import type { ForeignInput } from '../../../src/ops/importers/importers.js'
import type { ForeignReport } from '../../../src/ops/importers/report.js'
import type { InterchangeRecord } from '../../../src/ops/interchange.js'
import { toRow } from '../../../src/ops/interchange-line.js'

export type Kind = InterchangeRecord['record']
export type RecordOf<K extends Kind> = Extract<InterchangeRecord, { record: K }>

/** What an importer makes of a file: records that are all valid, by kind, and the report. */
export interface Reading {
  all: InterchangeRecord[]
  of<K extends Kind>(kind: K): RecordOf<K>[]
  report: ForeignReport
}

export async function readAll(path: string, input: Omit<ForeignInput, 'user'> & { user?: string }): Promise<Reading> {
  const foreign = await readForeignFile(path, { user: 'alice', ...input })
  const all: InterchangeRecord[] = []
  for await (const record of foreign.records) {
    expect(() => toRow(record), JSON.stringify(record)).not.toThrow()
    all.push(record)
  }
  demandWhole(all)
  return { all, of: (kind) => all.filter((record) => record.record === kind) as never, report: foreign.report() }
}

/** What a store demands beyond the shape of each record: things stand after what they refer to, numbers have no gaps. */
function demandWhole(records: InterchangeRecord[]): void {
  const sessions = new Map<string, { lastSeq: number; next: number }>()
  const versions = new Map<string, number>()
  const tasks = new Set(records.flatMap((record) => (record.record === 'task' ? [record.id] : [])))
  const eventIds = new Set<string>()
  for (const record of records) {
    if (record.record === 'session') {
      expect(sessions.has(record.id), record.id).toBe(false)
      if (record.parent !== null) expect(sessions.has(record.parent)).toBe(true)
      sessions.set(record.id, { lastSeq: record.lastSeq, next: (record.forkedAtSeq ?? 0) + 1 })
    } else if (record.record === 'event') {
      const session = sessions.get(record.session)
      expect(record.seq).toBe(session?.next)
      if (session) session.next += 1
      expect(eventIds.has(`${record.session} ${record.eventId}`)).toBe(false)
      eventIds.add(`${record.session} ${record.eventId}`)
    } else if (record.record === 'memory') {
      const name = `${record.namespace} ${record.key}`
      expect(record.version, name).toBe((versions.get(name) ?? 0) + 1)
      versions.set(name, record.version)
    } else if (record.record === 'task') {
      for (const { task } of record.dependencies) expect(tasks.has(task)).toBe(true)
    }
  }
  for (const { lastSeq, next } of sessions.values()) expect(next).toBe(lastSeq + 1)
}

/** Imports a file into a new store, twice; all that was added is found to be there the second time. */
export async function importTwice(path: string, from: ForeignFormat): Promise<Record<string, number>> {
  await using cairn = await openCairn({ db: ':memory:', threads: false })
  const first = await cairn.importForeign(path, { from, user: 'alice' })
  const second = await cairn.importForeign(path, { from, user: 'alice' })
  const counts = (name: 'added' | 'same', report: typeof first): Record<string, number> =>
    Object.fromEntries(Object.entries(report.records).map(([kind, count]) => [kind, count[name]]))
  expect(counts('same', second)).toEqual(counts('added', first))
  expect(second.differences).toEqual([])
  return counts('added', first)
}

/** The path of a sample, with a time that does not change from one checkout to the next. */
export function sample(name: string): string {
  const path = resolve('test/ops/importers/samples', name)
  if (statSync(path).mtimeMs !== sampleTime) utimesSync(path, sampleTime / 1000, sampleTime / 1000)
  return path
}

export const sampleTime = Date.UTC(2026, 0, 2)

/** A file with a text in it, written at the time of the samples. */
export function fileWith(path: string, content: string | Uint8Array): string {
  writeFileSync(path, content)
  utimesSync(path, sampleTime / 1000, sampleTime / 1000)
  return path
}

/** A database as another tool would have made it. */
export function databaseWith(
  path: string,
  schema: string,
  rows: Record<string, Record<string, unknown>[]> = {},
): string {
  const db = new Database(path)
  db.exec(schema)
  for (const [table, list] of Object.entries(rows)) {
    for (const row of list) {
      const names = Object.keys(row)
      db.prepare(`insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`).run(
        Object.values(row),
      )
    }
  }
  db.close()
  utimesSync(path, sampleTime / 1000, sampleTime / 1000)
  return path
}

/** The count of a line of a report. */
export function countOf(lines: { what: string; how?: string; count: number }[], what: string, how = ''): number {
  return lines
    .filter((line) => line.what === what && (line.how ?? '').includes(how))
    .reduce((sum, line) => sum + line.count, 0)
}
