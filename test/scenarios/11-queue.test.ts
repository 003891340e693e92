import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openCairn } from '../../src/open.js'
import { makeFolder, openStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }
type Given = [id: string, priority: number, attempt: number]

/** A store on disk with `count` tasks of all priorities. */
async function storeWith(count: number): Promise<string> {
  const db = join(makeFolder(), 'store.db')
  const cairn = await openCairn({ db, threads: false, durability: 'off' })
  const tasks = Array.from({ length: count }, (_, index) => ({
    ...{ id: `t${String(index).padStart(4, '0')}`, prompt: 'p', priority: index % 11, timeoutSeconds: 600 },
  }))
  for (let at = 0; at < count; at += 1000) await cairn.as(alice).tasks.submitMany(tasks.slice(at, at + 1000))
  await cairn.close()
  return db
}

function startWorker(db: string, name: string, options: { holdAt?: number; skew?: number } = {}) {
  const script = resolve('test/scenarios/work.mjs')
  const child = spawn(process.execPath, [script, db, name, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += chunk))
  const line = new Promise<Given[]>((done, failed) => {
    child.stdout.on('data', (chunk) => {
      output += chunk
      if (output.endsWith('\n')) done(JSON.parse(output))
    })
    child.on('close', () => failed(new Error(`the worker ended without a word: ${errors}`)))
  })
  return { kill: () => void child.kill('SIGKILL'), given: line, ended: once(child, 'close') }
}

describe('the queue', () => {
  it('is drained by eight processes, each task handed out once, by priority then age', async () => {
    const db = await storeWith(2_000)
    const workers = Array.from({ length: 8 }, (_, index) => startWorker(db, `w${index}`))
    const given = await Promise.all(workers.map((worker) => worker.given))
    const ids = given.flat().map(([id]) => id)
    expect(ids).toHaveLength(2_000)
    expect(new Set(ids).size).toBe(2_000)
    for (const each of given) {
      const order = each.map(([id, priority]) => `${String(10 - priority).padStart(2, '0')} ${id}`)
      expect(order).toEqual([...order].sort())
    }
    expect(await Promise.all(workers.map((worker) => worker.ended))).toEqual(workers.map(() => [0, null]))
    const cairn = await openCairn({ db, threads: false })
    expect((await cairn.tasks.list({ status: 'completed', limit: 1000 })).next).not.toBeNull()
    for (const status of ['ready', 'running', 'pending', 'failed'] as const)
      expect((await cairn.tasks.list({ status })).items).toEqual([])
    await cairn.close()
  }, 60_000)

  it('takes the work of a worker that was killed over, when its lease has ended', async () => {
    const db = await storeWith(20)
    const doomed = startWorker(db, 'doomed', { holdAt: 5 })
    const taken = await doomed.given
    doomed.kill()
    await doomed.ended
    const [lost = ''] = taken.at(-1) ?? []
    // The lease lasts ten minutes, and a first pause at most ten seconds: the next workers live that much later.
    const inTime = await startWorker(db, 'in-time').given
    expect(inTime.map(([id]) => id)).not.toContain(lost)
    expect(inTime).toHaveLength(15)
    const nobody = await startWorker(db, 'early', { skew: 601_000 }).given
    expect(nobody).toEqual([])
    const later = await startWorker(db, 'later', { skew: 612_000 }).given
    expect(later).toEqual([[lost, taken.at(-1)?.[1], 2]])
    const cairn = await openCairn({ db, threads: false })
    expect(await cairn.tasks.get(lost)).toMatchObject({ status: 'completed', retryCount: 1, result: { by: 'later' } })
    await cairn.close()
  }, 60_000)

  it('takes it over at once, when the silent agent is released', async () => {
    const db = await storeWith(8)
    const cairn = await openCairn({ db })
    const lead = cairn.as({ ...alice, agent: 'lead' })
    await lead.agents.spawn({ id: 'doomed', name: 'doomed' })
    const doomed = startWorker(db, 'doomed', { holdAt: 3 })
    const taken = await doomed.given
    doomed.kill()
    await doomed.ended
    const waiting = startWorker(db, 'other')
    expect(await lead.agents.releaseSilent({ seconds: 0 })).toEqual({ agents: ['doomed'], tasks: [taken.at(-1)?.[0]] })
    expect((await waiting.given).map(([id]) => id).sort()).toHaveLength(6)
    expect((await lead.tasks.list({ status: 'completed' })).items).toHaveLength(8)
    await cairn.close()
  }, 60_000)

  it('retries what is past its timeout as often as it may, then keeps it as a dead letter', async () => {
    const { cairn, clock, path } = await openStore()
    const at = cairn.as({ ...alice, agent: 'worker' })
    await at.tasks.submit({ id: 't', prompt: 'p', maxRetries: 2, timeoutSeconds: 60 })
    const tries: unknown[] = []
    for (let minutes = 0; minutes < 60; minutes++) {
      const task = await at.tasks.claim()
      if (task) tries.push(task.attempt)
      clock.advance(60_000)
    }
    expect(tries).toEqual([1, 2, 3])
    const other = await openCairn({ db: path, threads: false })
    const dead = await other.as(alice).tasks.deadLetters()
    expect(dead.items).toMatchObject([{ id: 't', status: 'failed', retryCount: 2, attempt: 3 }])
    expect(await other.as(alice).tasks.reprocess()).toBe(1)
    await other.close()
    expect(await at.tasks.claim()).toMatchObject({ id: 't', attempt: 4, retryCount: 0 })
  })
})
