import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import { openCairn } from '../../src/open.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { startChild } from './child.js'
import { count, expectSound } from './inspect.js'
import { expectRightVectors, type ServedModels, serveModels } from './models.js'

const tempPath = useTempFolder()
const patience = { timeout: 40_000, interval: 20 }

async function startWorker(path: string, models: ServedModels) {
  const child = startChild('embed.mjs', { db: path, embedder: models.settings('old') }, 'background')
  expect(await child.next()).toBe('open')
  return child
}

/** A handle that searches by vectors and makes none of what it holds. */
async function openReader(path: string, models: ServedModels): Promise<Cairn> {
  const cairn = await openCairn({ db: path, embedder: models.settings('old'), background: false })
  onTestFinished(() => cairn.close())
  return cairn
}

const memories = (namespace: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => {
    const key = `k${from + index}`
    return { namespace, key, value: `pebble${from + index} of the shore`, type: 'semantic' as const }
  })

/** The same texts under other keys: `k1`, and `k1: pebble1`. */
const underOtherKeys = (namespace: string, from: number, to: number, other: boolean) =>
  memories(namespace, from, to).map(({ key, ...rest }, index) => {
    const name = `pebble${from + index}`
    return { ...rest, ...(other ? { key: `${key}: ${name}`, value: 'shore' } : { key, value: `${name}: shore` }) }
  })

const progressOf = async (cairn: Cairn) => (await cairn.embeddings.status()).spaces[0]

it('two processes at once embed equal texts once, and one works at a time', async () => {
  const under = [0, 0]
  let overlaps = 0
  const serve = (index: number, other: number) =>
    serveModels(async () => {
      under[index] = (under[index] ?? 0) + 1
      for (let turn = 0; turn < 20; turn++) {
        if (under[other]) overlaps++
        await nextTurn()
      }
      under[index] = (under[index] ?? 0) - 1
    })
  const servers = await Promise.all([serve(0, 1), serve(1, 0)])
  const path = tempPath()
  const workers = await Promise.all(servers.map((models) => startWorker(path, models)))
  for (let part = 0; part < 5; part++) {
    for (const [index, worker] of workers.entries())
      worker.tell(JSON.stringify(underOtherKeys('user:alice', part * 30, part * 30 + 30, index === 1)))
    for (const worker of workers) expect(await worker.next()).toBe('added')
  }
  const reader = await openReader(path, servers[0])
  await vi.waitFor(async () => expect(await progressOf(reader)).toMatchObject({ vectors: 300, waiting: 0 }), patience)
  for (const worker of workers) {
    worker.tell('stop')
    expect(await worker.ended).toEqual({ code: 0, signal: null, stderr: '' })
  }
  const asked = servers.flatMap(({ texts }) => texts())
  expect([asked.length, new Set(asked).size]).toEqual([150, 150])
  expect(overlaps).toBe(0)
  expect(expectRightVectors(path, 'old')).toBe(300)
}, 60_000)

it('a vector that one process has made is found by the next search of another', async () => {
  const models = await serveModels()
  const path = tempPath()
  const worker = await startWorker(path, models)
  const reader = await openReader(path, models)
  for (let index = 0; index < 5; index++) {
    const [memory] = memories('user:alice', index, index + 1)
    await reader.memories.addMany(memory ? [memory] : [])
    const question = `k${index}: pebble${index} of the shore`
    // A question about nothing first: the codes that are held must be those of before.
    await reader.search('nothing', { mode: 'semantic' })
    await vi.waitFor(async () => {
      const { hits, degraded } = await reader.search(question, { mode: 'semantic', limit: 1 })
      expect(degraded).toEqual([])
      expect(hits).toMatchObject([{ ref: { key: `k${index}` }, score: expect.closeTo(1, 3) }])
    }, patience)
  }
  worker.tell('stop')
  expect(await worker.ended).toMatchObject({ code: 0, stderr: '' })
}, 60_000)

it('a server that is off for a while under load costs no job; searches say so, and the backlog drains', async () => {
  const models = await serveModels()
  const path = tempPath()
  const worker = await startWorker(path, models)
  const reader = await openReader(path, models)
  let [added, wanted] = [0, 400]
  let adding = true
  const load = (async () => {
    while (adding || added < wanted) {
      const to = Math.min(wanted, added + 4)
      if (to > added) await reader.memories.addMany(memories('user:alice', added, to))
      else await nextTurn()
      added = to
    }
  })()
  // Another question each time: those asked lately are remembered.
  let questions = 0
  const ask = () => reader.search(`question${questions++} about pebble1`, { limit: 5 })
  await vi.waitFor(async () => expect((await progressOf(reader))?.vectors).toBeGreaterThan(40), patience)
  // Much of what was just added may wait, but the model answers.
  expect((await ask()).degraded.filter((reason) => !reason.includes('waits for its vector'))).toEqual([])

  await models.server.close()
  const atEnd = (await progressOf(reader))?.vectors ?? 0
  wanted += 400
  await vi.waitFor(() => expect(added).toBe(wanted), patience)
  for (let index = 0; index < 3; index++) {
    const { hits, degraded } = await ask()
    expect(degraded).toEqual([expect.stringMatching(/^vector: .*(127\.0\.0\.1|old did not answer)/)])
    expect(hits).toContainEqual(expect.objectContaining({ ref: expect.objectContaining({ key: 'k1' }) }))
  }
  const off = await progressOf(reader)
  expect(off?.waiting).toBeGreaterThan(40)
  // What was on its way when it went off may have come in.
  expect(off?.vectors).toBeLessThanOrEqual(atEnd + 20)

  wanted += 400
  await serveModels(undefined, Number(new URL(models.server.url).port))
  await vi.waitFor(async () => expect((await progressOf(reader))?.vectors).toBeGreaterThan(atEnd + 100), patience)
  adding = false
  await load
  await vi.waitFor(async () => expect(await progressOf(reader)).toMatchObject({ vectors: added, waiting: 0 }), patience)
  await vi.waitFor(async () => expect((await ask()).degraded).toEqual([]), patience)
  expect(await progressOf(reader)).toMatchObject({ failed: 0 })
  worker.tell('stop')
  expect(await worker.ended).toMatchObject({ code: 0, stderr: '' })
  expect(expectRightVectors(path, 'old')).toBe(added)
  expect(count(path, 'select count(*) from embedding_jobs')).toBe(0)
  expectSound(path)
}, 120_000)

it('a program ends while its server wants to be left alone, and one that waits for its vectors goes on', async () => {
  const { server, settings } = await serveModels()
  const right = server.misbehave
  server.misbehave = () => ({ status: 429, headers: { 'retry-after': '60' } })
  const db = tempPath()
  const leaving = startChild('leave-open.mjs', { db, embedder: settings('old') })
  expect(await leaving.next()).toBe('added')
  await vi.waitFor(() => expect(server.asked).toHaveLength(1), patience)
  leaving.tell('go')
  expect(await leaving.ended).toMatchObject({ code: 0, signal: null, stderr: '' })

  let refused = false
  server.misbehave = (request, count) => {
    if (refused) return right?.(request, count)
    refused = true
    return { status: 429, headers: { 'retry-after': '2' } }
  }
  const waiting = startChild('embed.mjs', { db, embedder: settings('old') }, 'run', 60_000)
  expect((await waiting.rest()).at(-1)).toBe('done')
  expect(expectRightVectors(db, 'old')).toBe(1)
})
