import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { embeddingFailure } from '../../src/embeddings/embedding-failure.js'
import type { ModelNews } from '../../src/embeddings/model-news.js'
import { spaceFor, spaceName } from '../../src/embeddings/spaces.js'
import { EmbeddingWorker, leaseOf } from '../../src/embeddings/worker.js'
import { CairnError } from '../../src/errors.js'
import { openSqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js'
import type { Storage } from '../../src/storage/storage.js'
import { add, author } from '../storage/contract/subject.js'
import { type FakeEmbedder, fakeEmbedder, vectorOf } from './fake-embedder.js'

const gone = new CairnError('embedding_unavailable', 'ollama does not answer')
const options = { path: ':memory:', create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false }

let storage: Storage
let embedder: FakeEmbedder
let time: number
let news: ModelNews[]

const now = (): number => time
const encode = (vector: Float32Array): Uint8Array => Uint8Array.from(vector, (value) => (value > 0 ? 1 : 0))
const workerOf = (of = embedder, holder = 'p1') =>
  new EmbeddingWorker({ storage, embedder: of, space: spaceName(of.space), encode, now, holder, author, tell })
const tell = (told: ModelNews): void => void news.push(told)
const open = (of = embedder) => storage.embeddings.open({ ...spaceFor(of.space, []), author: author() })
const progress = (of = embedder) => storage.embeddings.progress({ space: spaceName(of.space) })
const remember = (key: string, value = key) => add(storage, { key, chain: key, value: JSON.stringify(value) })

async function drain(worker = workerOf()): Promise<void> {
  while (await worker.round());
}

beforeEach(async () => {
  storage = await openSqliteStorage({ ...options, durability: 'off' })
  embedder = fakeEmbedder()
  time = 1_000
  news = []
  const opened = storage
  onTestFinished(() => opened.close())
})

describe('what has no vector', () => {
  it('gets one, what was there before the space and what came after it', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) await remember(key)
    await open()
    await remember('f')
    await drain()
    expect(await progress()).toEqual({ vectors: 6, waiting: 0, failed: 0, failures: [], postponed: [], unqueued: 0 })
    expect(embedder.asked.flat().sort()).toEqual(['a: a', 'b: b', 'c: c', 'd: d', 'e: e', 'f: f'])
  })

  it('is sent once, however many rounds are begun at once', async () => {
    await open()
    for (let index = 0; index < 30; index++) await remember(`k${index}`)
    const worker = workerOf()
    await Promise.all([drain(worker), drain(worker), drain(worker)])
    expect(embedder.asked.flat().length).toBe(30)
    expect(await progress()).toMatchObject({ vectors: 30, waiting: 0 })
    expect(await storage.leases.isHeld({ name: leaseOf(spaceName(embedder.space)), now: time })).toBe(false)
  })

  it('is embedded once when it says the same, for all in one round and later for each place', async () => {
    await open()
    const tea = (namespace: string, key = 'tone', value = '"green: tea"') =>
      add(storage, { namespace, chain: `${namespace} ${key}`, key, value })
    for (const namespace of ['user:alice', 'user:bob', 'app:support']) await tea(namespace)
    await drain()
    expect(embedder.asked).toEqual([['tone: green: tea']])
    await tea('user:alice', 'tone: green', '"tea"')
    await drain()
    expect(embedder.asked).toHaveLength(1)
    await tea('user:eve')
    await drain()
    expect(embedder.asked).toHaveLength(2)
    expect(await progress()).toMatchObject({ vectors: 5, waiting: 0 })
  })

  it('has none while the model is away, though another user has the same text with one', async () => {
    await open()
    await add(storage, { namespace: 'user:alice', chain: 'a', value: '"my PIN is 4711"' })
    await drain()
    embedder.answer = async () => Promise.reject(gone)
    for (const [user, value] of [
      ['bob', '"my PIN is 4711"'],
      ['eve', '"my PIN is 4712"'],
    ] as const)
      await add(storage, { namespace: `user:${user}`, chain: user, value })
    await drain()
    expect(await progress()).toMatchObject({ vectors: 1, waiting: 2 })
  })

  it('stays without one when it has no text', async () => {
    await open()
    await add(storage, { value: '{"stars":5}' })
    await drain()
    expect(embedder.asked).toEqual([])
    expect(await progress()).toMatchObject({ vectors: 0, waiting: 0, failed: 0 })
  })
})

describe('a text that the model refuses', () => {
  it('keeps no other from its vector, and says why', async () => {
    await open()
    for (const key of ['a', 'b', 'bad', 'c']) await remember(key)
    embedder.answer = async (texts) => {
      if (texts.some((text) => text.includes('bad'))) throw new CairnError('invalid_input', 'too strange')
      return texts.map((text) => vectorOf(text, 8))
    }
    await drain()
    expect(await progress()).toMatchObject({ vectors: 3, waiting: 0, failed: 1 })
    expect((await progress())?.failures).toMatchObject([{ error: 'too strange', attempts: 1 }])
    embedder.answer = undefined
    expect(await storage.embeddings.retry({ space: spaceName(embedder.space) })).toBe(1)
    await drain()
    expect(await progress()).toMatchObject({ vectors: 4, failed: 0 })
  })
})

describe('a text at which the server falls over', () => {
  it('is tried alone, at once and then later and later, and given up after eight times', async () => {
    await open()
    for (const key of ['a', 'bomb', 'c']) await remember(key)
    embedder.answer = async (texts) => {
      if (texts.some((text) => text.includes('bomb'))) throw gone
      return texts.map((text) => vectorOf(text, 8))
    }
    const worker = workerOf()
    await drain(worker)
    expect(await progress()).toMatchObject({ vectors: 2, waiting: 1, postponed: [{ attempts: 2 }] })
    for (let hours = 0; hours < 12; hours++) {
      time += 3_600_000
      await drain(worker)
    }
    expect(await progress()).toMatchObject({ vectors: 2, waiting: 0, failed: 1 })
    expect((await progress())?.failures).toMatchObject([{ error: gone.message, attempts: 8 }])
  })
})

describe('a text over which the connection breaks', () => {
  it('is tried again for as long as it takes: it may not have been the text', async () => {
    await open()
    for (const key of ['a', 'bomb']) await remember(key)
    embedder.answer = async (texts) => {
      if (texts.some((text) => text.includes('bomb')))
        throw embeddingFailure('unclear', 'The server hung up.', { cutOff: true })
      return texts.map((text) => vectorOf(text, 8))
    }
    const worker = workerOf()
    for (let hours = 0; hours < 20; hours++) {
      time += 3_600_000
      await drain(worker)
    }
    expect(await progress()).toMatchObject({ vectors: 1, waiting: 1, failed: 0 })
    embedder.answer = undefined
    time += 3_600_000
    await drain(worker)
    expect(await progress()).toMatchObject({ vectors: 2, waiting: 0, failed: 0 })
  })
})

describe('a model that does not answer', () => {
  it('costs no job, is asked again after longer and longer, and then does the work', async () => {
    await open()
    await remember('a')
    embedder.answer = async () => Promise.reject(gone)
    const worker = workerOf()
    await drain(worker)
    expect(worker.state).toEqual({ state: 'unavailable', reason: gone.message, until: time + 1_000 })
    // A process with another way to the model is not kept from the work.
    expect(await storage.leases.isHeld({ name: leaseOf(spaceName(embedder.space)), now: time })).toBe(false)
    const asked = embedder.asked.length
    await drain(worker)
    expect(embedder.asked.length).toBe(asked)
    time += 1_000
    await drain(worker)
    expect(worker.state).toMatchObject({ until: time + 2_000 })
    expect(await progress()).toMatchObject({ waiting: 1, failed: 0 })
    embedder.answer = undefined
    time += 2_000
    await drain(worker)
    expect(worker.state).toEqual({ state: 'idle' })
    expect(await progress()).toMatchObject({ vectors: 1, waiting: 0 })
  })

  it('is told of once, and once when it is back', async () => {
    const space = spaceName(embedder.space)
    await open()
    const worker = workerOf()
    const later = async (): Promise<void> => {
      time += 60_000
      await drain(worker)
    }
    await later()
    expect(news).toEqual([])
    embedder.answer = async () => Promise.reject(gone)
    await remember('a')
    for (let times = 0; times < 3; times++) await later()
    expect(news.splice(0)).toEqual([{ what: 'away', space, reason: gone.message }])
    embedder.answer = undefined
    for (const key of ['b', 'c']) {
      await remember(key)
      await later()
    }
    expect(news.splice(0)).toEqual([{ what: 'back', space }])
    embedder.answer = async () => Promise.reject(gone)
    await remember('d')
    await later()
    expect(news).toMatchObject([{ what: 'away' }])
  })

  it('since it has put off requests again and again costs no job, and leaves none for later', async () => {
    await open()
    for (let index = 0; index < 9; index++) await remember(`k${index}`)
    const tooMany = embeddingFailure('server', 'Too many.', { status: 429 })
    embedder.answer = async (texts) => {
      if (texts.some((text) => text.includes('k8'))) throw tooMany
      return texts.map((text) => vectorOf(text, 8))
    }
    const worker = workerOf()
    await drain(worker)
    expect(worker.state).toMatchObject({ state: 'unavailable', reason: 'Too many.' })
    expect(await progress()).toMatchObject({ failed: 0, failures: [], postponed: [] })
    embedder.answer = undefined
    time += 1_000
    await drain(worker)
    expect(await progress()).toMatchObject({ vectors: 9, waiting: 0 })
  })

  it('is waited for no more when a signal ends the round', async () => {
    await open()
    await remember('a')
    const cancel = new AbortController()
    embedder.embed = (_texts, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new CairnError('cancelled', 'It was cancelled.')))
        cancel.abort()
      })
    const worker = workerOf()
    expect(await worker.round(cancel.signal)).toBe(false)
    expect(worker.state).toEqual({ state: 'idle' })
    expect(await progress()).toMatchObject({ waiting: 1, failed: 0, postponed: [] })
  })

  it('is not told of when it is the store that cannot be written', async () => {
    await open()
    await remember('a')
    const worker = workerOf()
    storage.embeddings.save = async () => Promise.reject(new CairnError('disk_full', 'The disk is full.'))
    await drain(worker)
    expect([worker.state.state, news]).toEqual(['unavailable', []])
  })

  it.each<[string, Float32Array]>([
    ['of another dimension', vectorOf('a', 9)],
    ['with what is no number', new Float32Array(8).fill(Number.NaN)],
    ['of nothing but zeros', new Float32Array(8)],
    ['that is no unit vector', new Float32Array(8).fill(1)],
  ])('stores no vector %s', async (_what, vector) => {
    await open()
    await remember('a')
    embedder.answer = async (texts) => texts.map(() => vector)
    const worker = workerOf()
    await drain(worker)
    expect(worker.state.state).toBe('unavailable')
    expect(await progress()).toMatchObject({ vectors: 0, waiting: 1, failed: 0 })
  })
})

describe('two processes', () => {
  it('take turns: the second goes on when the first is gone', async () => {
    await open()
    await remember('a')
    const [first, second] = [workerOf(), workerOf(embedder, 'p2')]
    await first.round()
    await remember('b')
    expect(await second.round()).toBe(false)
    expect(second.state).toEqual({ state: 'elsewhere' })
    time += 10_001
    await drain(second)
    expect(await progress()).toMatchObject({ vectors: 2 })
    await first.stop()
    await second.stop()
  })
})

describe('that vectors are gone', () => {
  it('is not looked for by a process that has only begun', async () => {
    const worker = workerOf()
    await open()
    await remember('a')
    await drain(workerOf(embedder, 'p2'))
    const before = embedder.asked.length
    const taken: unknown[] = []
    const real = storage
    const take: Storage['leases']['take'] = (input) => {
      taken.push(input)
      return real.leases.take(input)
    }
    storage = { ...real, leases: { ...real.leases, take } }
    const fresh = workerOf()
    await storage.embeddings.noteTrial({ space: spaceName(embedder.space), found: null, vectors: 1 })
    await drain(fresh)
    expect([taken, embedder.asked.length]).toEqual([[], before])
    time += 3_600_000
    await drain(fresh)
    expect(taken).toHaveLength(1)
    await worker.stop()
  })

  it('is forgotten once an hour, step by step, but for the last ten thousand', async () => {
    const asked: unknown[] = []
    const pruned = [2_000, 2_000, 5, 0]
    const real = storage
    const prune: Storage['embeddings']['prune'] = async (input) => {
      asked.push(input)
      return (await real.embeddings.prune(input)) + (pruned.shift() ?? 0)
    }
    storage = { ...real, embeddings: { ...real.embeddings, prune } }
    const worker = workerOf()
    await open()
    await remember('a')
    await drain(worker)
    expect(asked).toEqual(Array(3).fill({ keep: 10_000, limit: 2_000 }))
    await remember('b')
    await drain(worker)
    expect(asked).toHaveLength(3)
    time += 3_600_000
    await remember('c')
    await drain(worker)
    expect(asked).toHaveLength(4)
    // Where nothing is to be embedded, deletions are forgotten all the same.
    time += 3_599_999
    await drain(worker)
    expect(asked).toHaveLength(4)
    time += 1
    await drain(worker)
    expect(asked).toHaveLength(5)
    expect(worker.state).toEqual({ state: 'idle' })
  })
})

describe('another model', () => {
  it('that takes long keeps nothing from its vector in the active space meanwhile', async () => {
    const next = fakeEmbedder({ model: 'next', dimensions: 16 })
    await open()
    await remember('a')
    await drain()
    await open(next)
    let answerNext = (): void => undefined
    next.answer = (texts) =>
      new Promise((resolve) => {
        answerNext = () => resolve(texts.map((text) => vectorOf(text, 16)))
      })
    const filled = drain(workerOf(next, 'p2'))
    await expect.poll(() => next.asked.length).toBeGreaterThan(0)
    await remember('b')
    await drain()
    expect(await progress()).toMatchObject({ vectors: 2, waiting: 0 })
    next.answer = undefined
    answerNext()
    await filled
    expect((await storage.embeddings.spaces())[0]).toMatchObject({ model: 'next', state: 'active' })
  })

  it('is filled beside the active one, becomes active when it is full, and can be taken back', async () => {
    const next = fakeEmbedder({ model: 'next', dimensions: 16 })
    const states = async () => Object.fromEntries((await storage.embeddings.spaces()).map((s) => [s.model, s.state]))
    await open()
    for (const key of ['a', 'b', 'c']) await remember(key)
    await drain()
    await open(next)
    expect(await states()).toEqual({ next: 'filling', fake: 'active' })
    await drain(workerOf(next))
    expect(await states()).toEqual({ next: 'active', fake: 'kept' })
    await remember('d')
    await drain(workerOf(next))
    await storage.embeddings.rollback({ space: spaceName(embedder.space), author: author() })
    expect(await states()).toEqual({ next: 'kept', fake: 'active' })
    await drain()
    expect(await progress()).toMatchObject({ vectors: 4, waiting: 0 })
  })
})

describe('a space', () => {
  const long = (index: number): string => `number ${index} ${'with some more words to it '.repeat(3)}`
  const found = async () => (await storage.embeddings.spaces())[0]
  const rememberMany = async (from: number, to: number) => {
    for (let index = from; index < to; index++) await remember(`k${index}`, long(index))
  }

  beforeEach(() => {
    embedder = fakeEmbedder({ batchSize: 50 })
  })

  it('is tried when it has a hundred vectors, and again when as many came since', async () => {
    await open()
    await rememberMany(0, 99)
    await drain()
    expect(await found()).toMatchObject({ found: null, triedWith: 0 })
    await rememberMany(99, 120)
    await drain()
    expect(await found()).toMatchObject({ found: expect.any(Number), triedWith: 120 })
    await rememberMany(120, 230)
    await drain()
    expect(await found()).toMatchObject({ triedWith: 120 })
    await rememberMany(230, 260)
    await drain()
    expect((await found())?.triedWith).toBeGreaterThanOrEqual(240)
  })

  it.each([1, 2, 8, 16])(
    'is tried at a hundred vectors, however few of them come at once: %i texts a request',
    async (batchSize) => {
      embedder = fakeEmbedder({ batchSize })
      await open()
      await rememberMany(0, 130)
      await drain()
      expect(await found()).toMatchObject({ found: expect.any(Number) })
    },
  )

  it('is tried again by the next worker, or within an hour, when half of its vectors are gone', async () => {
    await open()
    await rememberMany(0, 130)
    const worker = workerOf()
    await drain(worker)
    const forget = async (from: number, to: number) => {
      for (let index = from; index < to; index++)
        await storage.memories.delete({ namespace: 'user:alice', key: `k${index}`, author: author() })
    }
    await forget(0, 64)
    await drain()
    expect(await found()).toMatchObject({ triedWith: 130 })
    await forget(64, 65)
    await drain()
    expect(await found()).toMatchObject({ found: expect.any(Number), triedWith: 65 })
    await forget(65, 100)
    await drain(worker)
    expect(await found()).toMatchObject({ triedWith: 65 })
    time += 3_600_000
    await drain(worker)
    await drain(worker)
    expect(await found()).toMatchObject({ found: expect.any(Number), triedWith: 30 })
  })

  it('of a user with few texts stays trusted beside another that fills the store with what no model can know', async () => {
    const halves = (index: number, [first, second]: [string, string]): string =>
      [...Array(12).fill(`${first}${index}`), ...Array(12).fill(`${second}${index}`)].join(' ')
    // It knows that b is meant by a, and nothing of c.
    embedder.answer = async (texts) => texts.map((text) => vectorOf(text.split(' ').at(-1)?.replace('b', 'a') ?? '', 8))
    await open()
    for (let index = 0; index < 12; index++) await remember(`k${index}`, halves(index, ['a', 'b']))
    for (let index = 0; index < 150; index++) {
      const value = JSON.stringify(halves(index, ['c', 'd']))
      await add(storage, { namespace: 'user:carol', key: `k${index}`, chain: `carol ${index}`, value })
    }
    await drain()
    expect((await found())?.found).toBeGreaterThan(0.2)
  })

  it('that was full before anybody tried it is tried by the next worker', async () => {
    await open()
    await rememberMany(0, 120)
    const space = spaceName(embedder.space)
    await drain()
    await storage.embeddings.noteTrial({ space, found: null, vectors: 0 })
    await drain()
    expect(await found()).toMatchObject({ triedWith: 120 })
  })

  it('is filled to its end by a model that falls over a piece of a text, and stays as it is', async () => {
    await open()
    await rememberMany(0, 120)
    const answer = embedder.embed
    embedder.embed = async (texts, options) => {
      if (options.kind === 'query') throw embeddingFailure('unclear', 'The server closed the connection.')
      return answer.call(embedder, texts, options)
    }
    const worker = workerOf()
    await drain(worker)
    await rememberMany(120, 150)
    await drain(worker)
    expect(worker.state).not.toMatchObject({ state: 'unavailable' })
    expect(await progress()).toMatchObject({ vectors: 150, waiting: 0 })
    expect(await found()).toMatchObject({ found: null, triedWith: 120 })
  })

  it('is not tried by a model that has gone, and stays as it is', async () => {
    await open()
    await rememberMany(0, 120)
    const answer = embedder.embed
    embedder.embed = async (texts, options) => {
      if (options.kind === 'query') throw gone
      return answer.call(embedder, texts, options)
    }
    const worker = workerOf()
    await drain(worker)
    expect(worker.state).toMatchObject({ state: 'unavailable' })
    expect(await progress()).toMatchObject({ vectors: 120 })
    embedder.embed = answer
    await drain()
    expect(await found()).toMatchObject({ triedWith: 120 })
  })
})
