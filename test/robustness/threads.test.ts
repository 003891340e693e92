import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import { openCairn } from '../../src/open.js'
import { refusal } from '../helpers/refusal.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { startChild } from './child.js'
import { contentOf, count, expectSound, peek } from './inspect.js'

const tempPath = useTempFolder()
const run = promisify(execFile)
const fact = (key: string) => ({ namespace: 'user:alice', key, value: `pebble ${key}`, type: 'semantic' }) as const

interface Outcome {
  stored?: string[]
  codes?: string[]
  refused?: number
  threads?: number
  found?: number
  unhandled?: string
}

/**
 * Runs a scenario in a process of its own, on a store that is there already. It must end by itself and in order, with no
 * rejection that nobody handled; the store must be sound and hold at least what was acknowledged.
 */
async function play(
  scenario: string,
  options: object = {},
): Promise<{ outcome: Outcome; path: string; stored: string[] }> {
  const path = tempPath()
  await (await openCairn({ db: path, threads: false })).close()
  const child = startChild('threads.mjs', scenario, { db: path, ...options })
  const lines = (await child.rest()) as Outcome[]
  expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
  expect(lines.flatMap(({ unhandled }) => unhandled ?? [])).toEqual([])
  expectSound(path)
  const stored = peek(path, (db) => db.prepare('select key from memory_entries order by id').pluck().all()) as string[]
  expect(lines.flatMap((line) => line.stored ?? []).filter((key) => !stored.includes(key))).toEqual([])
  return { outcome: lines.at(-1) ?? {}, path, stored }
}

describe('a storage thread that dies', () => {
  it('under load rejects what was under way as internal with a way out, and the next call works', async () => {
    const { outcome, stored } = await play('writerDies')
    expect(outcome.codes).toEqual(['internal'])
    expect(outcome.refused).toBeGreaterThan(0)
    expect(outcome.threads).toBe(2)
    expect(stored).toContain('after')
  })

  it('again and again, while it starts or works, leaves nothing hanging and loses nothing acknowledged', async () => {
    await play('writerDiesAgainAndAgain')
  })

  it('while nothing is under way is not noticed', async () => {
    const { stored } = await play('writerDiesIdle')
    expect(stored).toEqual(['first', 'after'])
  })

  it('among the readers rejects the searches under way, and the next one finds', async () => {
    const { outcome } = await play('readerDies')
    expect(outcome.codes).toEqual(['internal'])
    expect(outcome.found).toBe(1)
  })

  it('for want of memory does not take the process with it', async () => {
    const { outcome, stored } = await play('outOfMemory')
    expect(outcome.codes).toEqual(['internal'])
    expect(stored).toContain('after')
  })

  it('while the store is being closed does not keep it from closing', async () => {
    await play('diesWhileClosing')
  })

  it('with lines of the trail that nobody waits for leaves no rejection unhandled', async () => {
    await play('losesBackgroundLines', { auditReads: 'basic' })
  })
})

/** Runs a script that has a private store, and tells how it ended and what it left in its folder for temporary files. */
async function runWithPrivateStore(script: string) {
  const folder = tempPath()
  mkdirSync(folder)
  const whole = `
    import { openCairn } from 'cairn-memory'
    const cairn = await openCairn(':memory:')
    await cairn.memories.add({ namespace: 'user:alice', key: 'a', value: 1, type: 'semantic' })
    ${script}`
  const args = ['--input-type=module', '-e', whole]
  const env = { ...process.env, TMPDIR: folder }
  const ended = await run(process.execPath, args, { env }).catch((error: object) => error)
  return { ...ended, left: readdirSync(folder) }
}

describe('the end of a process', () => {
  it.each(['onlyOpens', 'neverCloses', 'doesNotWait'])(
    'comes by itself without close(), after all writes under way: %s',
    async (scenario) => {
      await play(scenario)
      await play(scenario, { threads: false })
    },
  )

  it.each(['exitsInTheMiddle', 'exitsAtTheFirst'])(
    'in the middle of writes keeps what was acknowledged: %s',
    async (scenario) => {
      await play(scenario)
      await play(scenario, { threads: false })
    },
  )

  it('takes a private store that nobody closed with it', async () => {
    const ended = await runWithPrivateStore(`
      await openCairn({ db: ':memory:', threads: false })
      console.log(JSON.stringify(await cairn.memories.get('user:alice', 'a')).length > 2)`)
    expect(ended).toMatchObject({ stdout: 'true\n', stderr: '', left: [] })
  })

  it("does not come while a search waits for an embedder of one's own that never answers", async () => {
    const ended = await runWithPrivateStore(`
      let answers = true
      const space = { provider: 'custom', model: 'pebble', dimensions: 2, prefixes: { document: '', query: '' } }
      const embed = (texts) => answers ? Promise.resolve(texts.map(() => [1, 2])) : new Promise(() => undefined)
      const own = await openCairn({ db: ':memory:', embedder: { space, batchSize: 8, embed }, background: false })
      await own.memories.add({ namespace: 'user:alice', key: 'a', value: 'pebble', type: 'semantic' })
      await own.embeddings.migrate()
      await own.embeddings.run()
      answers = false
      const { hits, degraded } = await own.search('pebble')
      console.log(hits.length, degraded.join())
      await own.close()`)
    expect(ended).toMatchObject({ stdout: '1 vector: no answer within 2 seconds\n', stderr: '', left: [] })
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('by %s takes a private store with it', async (signal) => {
    const ended = await runWithPrivateStore(`
      setInterval(() => undefined, 1000)
      process.kill(process.pid, '${signal}')`)
    expect(ended).toMatchObject({ signal, stderr: '', left: [] })
  })

  it('by a signal that somebody listens to leaves a private store to them', async () => {
    const ended = await runWithPrivateStore(`
      process.once('SIGTERM', async () => {
        await cairn.memories.update('user:alice', 'a', 2)
        console.log((await cairn.memories.get('user:alice', 'a')).value)
        await cairn.close()
        clearInterval(timer)
      })
      const timer = setInterval(() => undefined, 1000)
      process.kill(process.pid, 'SIGTERM')`)
    expect(ended).toMatchObject({ stdout: '2\n', stderr: '', left: [] })
  })
})

describe('close()', () => {
  it.each([{ threads: true }, { threads: false }])(
    'while 1,000 writes are queued stores all of them, threads $threads',
    async ({ threads }) => {
      const { outcome, stored } = await play('closesWithAQueue', { threads })
      expect(outcome).toMatchObject({ refused: 0 })
      expect(stored).toHaveLength(1000)
    },
  )

  it.each([{ threads: true }, { threads: false }])(
    'while lines of the trail are written that nobody waits for leaves no rejection unhandled, threads $threads',
    async ({ threads }) => {
      const { path } = await play('closesWithBackgroundLines', { threads, auditReads: 'basic' })
      expect(count(path, `select count(*) from audit where operation = 'read'`)).toBeGreaterThanOrEqual(100)
    },
  )

  it.each([{ threads: true }, { threads: false }])(
    'twice is harmless, and every call after it is refused as closed, threads $threads',
    async ({ threads }) => {
      const path = tempPath()
      const cairn = await openCairn({ db: path, threads })
      await cairn.memories.add(fact('a'))
      const alice = cairn.as({ app: 'app', user: 'alice' })
      await Promise.all([cairn.close(), cairn.close()])
      await cairn.close()
      await cairn[Symbol.asyncDispose]()
      const before = contentOf(path)
      for (const [name, call] of Object.entries(callsOf(cairn))) {
        const error = await refusal(call(), 'closed')
        expect(error.hint, name).toContain('openCairn')
      }
      await refusal(alice.memories.add(fact('b')), 'closed')
      await refusal(alice.sessions.create(), 'closed')
      await refusal(alice.search('pebble'), 'closed')
      expect(contentOf(path)).toEqual(before)
    },
  )

  it('lets reads and searches that were asked for answer', async () => {
    const cairn = await openCairn({ db: tempPath() })
    await cairn.memories.add(fact('a'))
    const reads = [cairn.memories.get('user:alice', 'a'), cairn.memories.list(), cairn.search('pebble'), cairn.info()]
    await cairn.close()
    await Promise.all(reads)
  })

  it('of a store that was never written to, and right after opening, ends as well', async () => {
    const path = tempPath()
    await (await openCairn(path)).close()
    await (await openCairn(path)).close()
    await using disposed = await openCairn(path)
    expect((await disposed.memories.list()).items).toEqual([])
  })
})

function callsOf(cairn: Cairn): Record<string, () => Promise<unknown>> {
  const { memories, sessions, audit } = cairn
  return {
    add: () => memories.add(fact('b')),
    addMany: () => memories.addMany([fact('b')]),
    get: () => memories.get('user:alice', 'a'),
    list: () => memories.list(),
    update: () => memories.update('user:alice', 'a', 2),
    delete: () => memories.delete('user:alice', 'a'),
    restore: () => memories.restore('user:alice', 'a'),
    rollback: () => memories.rollback('user:alice', 'a', 1),
    history: () => memories.history('user:alice', 'a'),
    namespaces: () => memories.namespaces(),
    cleanupExpired: () => memories.cleanupExpired(),
    create: () => sessions.create({ app: 'a', user: 'u' }),
    session: () => sessions.get('s'),
    sessions: () => sessions.list(),
    active: () => sessions.listActive(),
    append: () => sessions.appendEvent('s', { type: 'message', actor: 'user', content: {} }),
    events: () => sessions.events('s'),
    state: () => sessions.state('s'),
    setState: () => sessions.setState('s', 'k', 1),
    getState: () => sessions.getState('s', 'k'),
    terminate: () => sessions.terminate('s'),
    archive: () => sessions.archive('s'),
    removeSession: () => sessions.delete('s'),
    trail: () => audit.list(),
    search: () => cairn.search('pebble'),
    info: () => cairn.info(),
  }
}

describe('two handles in one process on one file', () => {
  it.each([
    [true, true],
    [true, false],
    [false, false],
  ])('see each other and lose nothing, threads %s and %s', async (first, second) => {
    const path = tempPath()
    const one = await openCairn({ db: path, threads: first })
    const two = await openCairn({ db: path, threads: second })
    onTestFinished(() => one.close())
    onTestFinished(() => two.close())
    const writes = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? one : two).memories.add(fact(`k${i}`)))
    await Promise.all(writes)
    expect((await one.memories.list({ limit: 1000 })).items).toHaveLength(200)
    expect((await two.search('pebble', { limit: 100 })).hits).toHaveLength(100)
    await one.close()
    await two.memories.add(fact('later'))
    await two.close()
    expect(count(path, 'select count(*) from memory_entries')).toBe(201)
    expectSound(path)
  })
})
