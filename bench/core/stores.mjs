// The files that are measured on, made once in a run by the raw writers in large transactions.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCairn } from '../../dist/index.js'
import { openRaw, rawInGroups, rawWriters } from './raw.mjs'
import { eventInput, eventRow, makeTexts, memoryInput, memoryRow } from './rows.mjs'

export const owner = { app: 'bench', user: 'alice' }

export function makeFolder() {
  const path = mkdtempSync(join(tmpdir(), 'cairn-bench-'))
  return { path, file: (name) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) }
}

async function createEmpty(path) {
  const cairn = await openCairn(path)
  await cairn.close()
}

export function insertSession(db, id, { app, user } = owner) {
  db.prepare(
    `insert into sessions (id, app_id, user_id, status, created_at, updated_at) values (?, ?, ?, 'active', 0, 0)`,
  ).run(id, app, user)
}

/** 100,000 memories of 100 users, and sessions with 10, 1,000 and 100,000 events. */
export async function makeMainStore(path, counts = { memories: 100_000, events: [10, 1_000, 100_000] }) {
  await createEmpty(path)
  const texts = makeTexts(1)
  const db = openRaw(path)
  const writers = rawWriters(db)
  const memories = Array.from({ length: counts.memories }, (_, id) => memoryRow(memoryInput(texts, id), id))
  rawInGroups(db, memories, 1_000, writers.addMemory)
  for (const count of counts.events) {
    insertSession(db, `s${count}`)
    const rows = Array.from({ length: count }, (_, i) =>
      eventRow(eventInput(texts, `${count}-${i}`), `s${count}`, i + 1),
    )
    rawInGroups(db, rows, 1_000, writers.appendEvent)
  }
  finish(db)
}

/** As a process leaves a store that has written and then had nothing to do: its full-text index is in a few parts. */
async function leaveAtRest(path) {
  const cairn = await openCairn(path)
  await cairn.memories.add({ namespace: 'user:last', key: 'last', type: 'semantic', value: { text: 'last' } })
  const db = openRaw(path)
  const parts = db.prepare('select count(distinct segid) from search_text_idx').pluck()
  for (let seen = [parts.get()]; seen.length < 8 || seen.at(-8) !== seen.at(-1); seen.push(parts.get()))
    await sleep(500)
  db.close()
  await cairn.close()
}

/** 300 users with 500 memories and 500 events each. */
export async function makeSearchStore(path, users = 300, each = 500) {
  await createEmpty(path)
  const texts = makeTexts(2)
  const db = openRaw(path)
  const writers = rawWriters(db)
  const session = db.transaction((user) => {
    insertSession(db, `s-${user}`, { app: 'bench', user })
    for (let i = 0; i < each; i++) {
      writers.addMemory(memoryRow(memoryInput(texts, i, user), i))
      const event = eventRow(eventInput(texts, `${user}-${i}`), `s-${user}`, i + 1, { app: 'bench', user })
      writers.appendEvent(event)
    }
  })
  for (let user = 0; user < users; user++) session(`u${user}`)
  finish(db)
  await leaveAtRest(path)
  return texts
}

/** A store of about a gigabyte: long values whose index text is short. */
export async function makeLargeStore(path, bytes = 1_000_000_000) {
  await createEmpty(path)
  const texts = makeTexts(3)
  const db = openRaw(path)
  db.pragma('synchronous = off')
  const writers = rawWriters(db)
  const filler = 'x'.repeat(16_000)
  const rows = Array.from({ length: 1_000 }, () => texts.text())
  const add = db.transaction((from) => {
    for (let id = from; id < from + 1_000; id++) {
      const input = {
        namespace: `user:u${id % 100}:notes`,
        key: `note-${id}`,
        value: { text: rows[id % 1_000] },
        type: 'semantic',
      }
      writers.addMemory({ ...memoryRow(input, id), value: JSON.stringify({ text: rows[id % 1_000], filler }) })
    }
  })
  for (let id = 0; id * 17_000 < bytes; id += 1_000) add(id)
  finish(db)
}

function finish(db) {
  db.pragma('wal_checkpoint(truncate)')
  db.exec('analyze')
  db.close()
}

/** A fresh copy of a store for each side, so that both begin with the same file. */
export function copies(folder, base, names) {
  return names.map((name) => {
    const path = folder.file(`${name}-${Math.random().toString(36).slice(2)}.db`)
    copyFileSync(base, path)
    return path
  })
}
