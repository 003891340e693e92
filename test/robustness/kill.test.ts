import type Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openCairn } from '../../src/open.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { startChild } from './child.js'
import { count, expectSound, peek } from './inspect.js'

const tempPath = useTempFolder()

interface Acknowledged {
  namespace?: string
  key?: string
  version?: number
  session: string
  seq?: number
  eventId?: string
}

/** Lets a process write until it has acknowledged so many, kills it, and returns all that it said until its end. */
async function writeUntilKilled(path: string, round: number, enough: number): Promise<Acknowledged[]> {
  const child = startChild('acknowledge.mjs', path, round)
  const said: unknown[] = []
  while (said.length < enough) said.push(await child.next())
  child.kill()
  said.push(...(await child.rest()))
  const { signal, stderr } = await child.ended
  expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' })
  return said.filter((line) => line !== null) as Acknowledged[]
}

function isStored(db: Database.Database, write: Acknowledged): boolean {
  if (write.key !== undefined) {
    const query = 'select 1 from memory_entries where namespace = ? and key = ? and version = ?'
    return db.prepare(query).get(write.namespace, write.key, write.version) !== undefined
  }
  if (write.seq === undefined) return db.prepare('select 1 from sessions where id = ?').get(write.session) !== undefined
  const query = 'select 1 from session_events where session_id = ? and seq = ? and event_id = ?'
  return db.prepare(query).get(write.session, write.seq, write.eventId) !== undefined
}

it('twenty processes killed at some moment of their writing lose nothing that they acknowledged', async () => {
  const path = tempPath()
  let acknowledged = 0
  for (let round = 0; round < 20; round++) {
    // The first rounds are killed in the middle of creating the store and of their first groups.
    const enough = round < 5 ? round : Math.floor(Math.random() * 400)
    const writes = await writeUntilKilled(path, round, enough)
    acknowledged += writes.length
    if (enough === 0) continue
    expect(peek(path, (db) => writes.filter((write) => !isStored(db, write)))).toEqual([])
    expectSound(path)
    expect(count(path, `select count(*) from audit where subject = 'event'`)).toBe(
      count(path, 'select count(*) from session_events'),
    )
    const cairn = await openCairn({ db: path, threads: false })
    const last = writes.findLast((write) => write.version === 1)
    const found = await cairn.search(`${wordOf(last, round)} changed`, { limit: 100 })
    const refs = found.hits.map(({ ref }) => ref)
    if (last) expect(refs).toContainEqual(expect.objectContaining({ namespace: last.namespace, key: last.key }))
    await cairn.close()
  }
  expect(acknowledged).toBeGreaterThan(1000)
}, 90_000)

/** A word that only this memory held when it was added. */
function wordOf(write: Acknowledged | undefined, round: number): string {
  const caller = /\d+$/.exec(write?.namespace ?? '')?.[0]
  const index = /\d+$/.exec(write?.key ?? '')?.[0]
  return `word${round}x${caller}x${index}`
}
