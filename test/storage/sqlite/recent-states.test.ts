import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { recentStates } from '../../../src/storage/sqlite/recent-states.js'

function stateOf(iteration: number, bytes: number) {
  return { iteration, checksum: 7, bytes, createdAt: 9, state: Buffer.alloc(bytes) }
}

it('the last states of tasks are kept for each connection, up to 32 MB, the latest of them', () => {
  const [db, other] = [new Database(':memory:'), new Database(':memory:')]
  const states = recentStates(db)
  expect(recentStates(db)).toBe(states)
  expect(recentStates(other)).not.toBe(states)
  const megabytes = 1_000_000
  for (const task of ['t1', 't2', 't3']) states.keep(task, stateOf(1, 10 * megabytes))
  states.keep('t1', stateOf(2, 11 * megabytes))
  const held = (task: string, iteration: number, bytes: number) =>
    states.find(task, { iteration, checksum: 7, bytes, createdAt: 9 })?.length
  expect([held('t1', 2, 11 * megabytes), held('t2', 1, 10 * megabytes)]).toEqual([11 * megabytes, 10 * megabytes])
  states.keep('t4', stateOf(1, 5 * megabytes))
  expect(held('t2', 1, 10 * megabytes)).toBeUndefined()
  expect([held('t3', 1, 10 * megabytes), held('t4', 1, 5 * megabytes)]).toEqual([10 * megabytes, 5 * megabytes])
  states.keep('t5', stateOf(1, 40 * megabytes))
  for (const task of ['t1', 't3', 't4', 't5']) expect(held(task, 1, 40 * megabytes)).toBeUndefined()
  db.close()
  other.close()
})

it('a state is used only for exactly the row that it is of', () => {
  const db = new Database(':memory:')
  const states = recentStates(db)
  states.keep('t1', stateOf(1, 5))
  const stamp = { iteration: 1, checksum: 7, bytes: 5, createdAt: 9 }
  expect(states.find('t1', stamp)).toHaveLength(5)
  const others = [{ iteration: 2 }, { checksum: 8 }, { checksum: null }, { bytes: 6 }, { createdAt: 10 }]
  for (const change of others) expect(states.find('t1', { ...stamp, ...change })).toBeUndefined()
  db.close()
})
