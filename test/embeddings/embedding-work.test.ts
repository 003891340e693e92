import Database from 'better-sqlite3'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ModelNews } from '../../src/embeddings/model-news.js'
import { CairnError } from '../../src/errors.js'
import type { OpenOptions } from '../../src/open.js'
import { embeddingServer } from '../helpers/embedding-server.js'
import { refusal } from '../helpers/refusal.js'
import { openStore, type TestStore, whileLocked } from '../store.js'
import { type FakeEmbedder, fakeEmbedder } from './fake-embedder.js'

let embedder: FakeEmbedder
beforeEach(() => {
  embedder = fakeEmbedder()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
})

const open = (options: OpenOptions = {}) => openStore({ embedder, ...options })
const remember = ({ cairn }: Pick<TestStore, 'cairn'>, key: string) =>
  cairn.memories.add({ namespace: 'user:alice', key, value: key, type: 'semantic' })
const status = async ({ cairn }: Pick<TestStore, 'cairn'>) => (await cairn.embeddings.status()).spaces[0]
/** Lets the worker look again and again until something is so. */
const eventually = (check: () => Promise<void> | void) =>
  vi.waitFor(
    async () => {
      vi.advanceTimersByTime(250)
      await check()
    },
    { timeout: 10_000, interval: 5 },
  )

/** Makes the model answer nothing until it is broken off. Returns the signals of its requests. */
function hang(): AbortSignal[] {
  const signals: AbortSignal[] = []
  embedder.embed = (_texts, { signal }) =>
    new Promise((_resolve, reject) => {
      if (signal) signals.push(signal)
      signal?.addEventListener('abort', () => reject(new CairnError('cancelled', 'The embedding was cancelled.')))
    })
  return signals
}

describe('a store that is opened with a model', () => {
  it('gets a space, and all that is in it vectors, without being asked', async () => {
    const store = await open()
    await remember(store, 'a')
    await eventually(async () => expect(await status(store)).toMatchObject({ vectors: 1, waiting: 0 }))
    await remember(store, 'b')
    await eventually(async () => expect(await status(store)).toMatchObject({ vectors: 2, waiting: 0 }))
    expect(embedder.asked).toEqual([['a: a'], ['b: b']])
  })

  it('keeps the space that it has, until somebody migrates', async () => {
    const first = await open({ background: false })
    await remember(first, 'a')
    await first.cairn.embeddings.migrate()
    const next = fakeEmbedder({ model: 'next' })
    const closed = vi.fn(async () => undefined)
    next.close = closed
    const store = await openStore({ db: first.path, embedder: next })
    await eventually(async () => expect((await store.cairn.embeddings.status()).model).toHaveProperty('name'))
    expect((await store.cairn.embeddings.status()).spaces.map(({ name }) => name)).toEqual(['custom/fake/8'])
    expect([next.asked, closed.mock.calls]).toEqual([[], []])
    await store.cairn.embeddings.migrate()
    next.asked.length = 0
    await eventually(async () => expect(await status(store)).toMatchObject({ name: 'custom/next/8', state: 'active' }))
    expect(next.asked).toEqual([['a: a']])
  })

  it('does nothing by itself with background: false', async () => {
    const store = await open({ background: false })
    await remember(store, 'a')
    await vi.advanceTimersByTimeAsync(10_000)
    expect([await status(store), embedder.asked]).toEqual([undefined, []])
    await store.cairn.embeddings.migrate()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await status(store)).toMatchObject({ vectors: 0, waiting: 1 })
    await store.cairn.embeddings.run()
    expect(await status(store)).toMatchObject({ vectors: 1, waiting: 0 })
  })

  it('gets none with background: existing; it has one from then on when somebody else gives it one', async () => {
    const store = await open({ background: 'existing' })
    await remember(store, 'a')
    await vi.advanceTimersByTimeAsync(10_000)
    const other = await openStore({ db: store.path, embedder: fakeEmbedder(), background: false })
    expect(await other.cairn.embeddings.status()).toMatchObject({ spaces: [], underWay: false })
    await other.cairn.embeddings.migrate()
    await eventually(async () => expect(await status(other)).toMatchObject({ vectors: 1, waiting: 0 }))
    expect(embedder.asked).toEqual([['a: a']])
  })

  it('looks for no space any more when it is closed', async () => {
    const store = await open({ background: 'existing' })
    await store.cairn.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('says of all processes whether one embeds', async () => {
    const signals = hang()
    const store = await open()
    const other = await openStore({ db: store.path, embedder: fakeEmbedder(), background: false })
    const underWay = async () => (await other.cairn.embeddings.status()).underWay
    expect(await underWay()).toBe(false)
    await remember(store, 'a')
    await eventually(() => expect(signals).toHaveLength(1))
    expect(await underWay()).toBe(true)
    await store.cairn.close()
    expect(await underWay()).toBe(false)
  })

  it('goes on with a space that was made under a longer name', async () => {
    const prefixes = { document: 'search_document: ', query: 'search_query: ' }
    const server = await embeddingServer()
    const options = { embedder: { provider: 'ollama', url: server.url } as const, background: false }
    const store = await openStore(options)
    await remember(store, 'a')
    const { name } = await store.cairn.embeddings.migrate()
    const db = new Database(store.path)
    db.prepare('update embedding_spaces set name = ?').run(`${name}/86c004`)
    db.close()
    const { cairn } = await openStore({ ...options, db: store.path })
    server.asked.length = 0
    await cairn.embeddings.run()
    expect(await status({ cairn })).toMatchObject({ name: `${name}/86c004`, vectors: 1, waiting: 0 })
    expect(await cairn.search('a', { mode: 'semantic' })).toMatchObject({ degraded: [], hits: [{ ref: { key: 'a' } }] })
    expect(await cairn.embeddings.migrate()).toMatchObject({ name: `${name}/86c004`, state: 'active' })
    expect(server.asked[0]?.body.input).toEqual([`${prefixes.document}a: a`])
  })
})

describe('a migration', () => {
  const settings = (url: string, model: string, dimensions = 8) =>
    ({ provider: 'ollama', url, model, dimensions }) as const
  const aServer = () => embeddingServer({ models: ['pebble', 'shell'], dimensions: 8 })
  /** A store whose one memory has a vector of pebble. */
  const filled = async (url: string) => {
    const store = await openStore({ embedder: settings(url, 'pebble'), background: false })
    await remember(store, 'a')
    await store.cairn.embeddings.migrate()
    await store.cairn.embeddings.run()
    return store
  }
  const reopen = (path: string, embedder: OpenOptions['embedder']) =>
    openStore({ db: path, background: false, ...(embedder && { embedder }) })

  it('begins nothing with a model that is missing, that cannot be reached or that makes other vectors', async () => {
    const server = await aServer()
    const { path } = await filled(server.url)
    const away = await embeddingServer()
    await away.close()
    const bad = [settings(server.url, 'missing'), settings(away.url, 'shell'), settings(server.url, 'shell', 16)]
    for (const embedder of bad) {
      const { cairn } = await reopen(path, embedder)
      await refusal(cairn.embeddings.migrate(), 'embedding_unavailable')
      expect((await cairn.embeddings.status()).spaces.map(({ name }) => name)).toEqual(['ollama/pebble/8'])
    }
    const { cairn } = await reopen(path, settings(server.url, 'shell'))
    expect(await cairn.embeddings.migrate()).toMatchObject({ name: 'ollama/shell/8', state: 'filling' })
  })

  it('begins after the pauses that a server asks for', async () => {
    const server = await aServer()
    const { path } = await filled(server.url)
    const before = server.asked.length
    server.misbehave = (_request, count) => (count - before <= 2 ? { status: 429 } : undefined)
    const { cairn } = await reopen(path, settings(server.url, 'shell'))
    expect(await cairn.embeddings.migrate()).toMatchObject({ name: 'ollama/shell/8', state: 'filling' })
  })

  it('leaves searches with the model of before, of a handle that was opened with the next one, too', async () => {
    const server = await aServer()
    const { path, cairn: before } = await filled(server.url)
    const { cairn } = await reopen(path, settings(server.url, 'shell'))
    const asked = async (handle = cairn) => {
      server.asked.length = 0
      expect(await handle.search('a', { mode: 'semantic' })).toMatchObject({
        hits: [{ ref: { key: 'a' } }],
        degraded: [],
      })
      return server.asked.map(({ body }) => body.model)
    }
    expect(await asked()).toEqual(['pebble'])
    await cairn.embeddings.migrate()
    expect(await asked()).toEqual([])
    await cairn.embeddings.run()
    expect([await asked(), await asked(before)]).toEqual([['shell'], ['shell']])
    await cairn.embeddings.rollback('ollama/pebble/8')
    expect([await asked(), await asked(before)]).toEqual([[], ['pebble']])
    await remember({ cairn }, 'b')
    expect((await cairn.embeddings.status()).spaces.map(({ waiting }) => waiting)).toEqual([0, 1])
  })

  it('sends no question to a server that this handle was not opened with', async () => {
    const server = await aServer()
    const { path } = await filled(server.url)
    server.asked.length = 0
    const { cairn } = await reopen(path, fakeEmbedder({ model: 'other' }))
    expect((await cairn.search('a')).degraded).toEqual([expect.stringContaining('are of ollama/pebble/8')])
    expect(server.asked).toEqual([])
  })

  it('of a model that goes away while it is asked for says so, and the model of before is asked', async () => {
    const server = await aServer()
    const { path } = await filled(server.url)
    server.models.delete('pebble')
    const { cairn } = await reopen(path, settings(server.url, 'shell'))
    expect((await cairn.search('a')).degraded).toEqual([
      `vector: Ollama at ${server.url} does not have the model pebble.`,
    ])
  })
})

describe('a store that another process changes over to another model', () => {
  const models = ['nomic-embed-text:v1.5', 'pebble', 'shell']
  const named = (url: string, model: string) => ({ provider: 'ollama', url, model, dimensions: 8 }) as const
  const auto = (url: string) => ({ provider: 'auto', url }) as const
  /** A store with vectors of pebble, and what changes it over to a model. */
  const ofPebble = async () => {
    const server = await embeddingServer({ models, dimensions: 8 })
    const { path } = await openStore({ background: false })
    const changeOver = async (embedder: OpenOptions['embedder']) => {
      const { cairn } = await openStore({ db: path, background: false, ...(embedder && { embedder }) })
      await cairn.embeddings.migrate()
      // The others have their turns.
      await eventually(() => cairn.embeddings.run())
      await cairn.close()
    }
    await changeOver(named(server.url, 'pebble'))
    return { server, path, changeOver }
  }
  const name = async ({ cairn }: TestStore) => (await cairn.embeddings.status()).model
  const listening = () => {
    const news: ModelNews[] = []
    return { news, onModel: (told: ModelNews) => void news.push(told) }
  }

  it.each([true, 'existing', false] as const)('is followed with embedder: auto, background: %s', async (background) => {
    const { server, path, changeOver } = await ofPebble()
    const { news, onModel } = listening()
    const store = await openStore({ db: path, embedder: auto(server.url), background, onModel })
    await eventually(async () => expect(await name(store)).toMatchObject({ name: 'ollama/pebble/8' }))
    await changeOver(named(server.url, 'shell'))
    await remember(store, 'a')
    if (background === false) await store.cairn.embeddings.run()
    await eventually(async () => expect(await status(store)).toMatchObject({ name: 'ollama/shell/8', vectors: 1 }))
    expect(await name(store)).toMatchObject({ name: 'ollama/shell/8' })
    await store.cairn.embeddings.rollback('ollama/pebble/8')
    await eventually(async () => expect(await name(store)).toMatchObject({ name: 'ollama/pebble/8' }))
    expect(news).toEqual([
      { what: 'changed', space: 'ollama/shell/8' },
      { what: 'changed', space: 'ollama/pebble/8' },
    ])
  })

  it('is followed by a handle that had no model before', async () => {
    const server = await embeddingServer({ models, dimensions: 8 })
    server.models.delete('nomic-embed-text:v1.5')
    const { news, onModel } = listening()
    const store = await openStore({ embedder: auto(server.url), onModel })
    expect(await name(store)).toHaveProperty('reason')
    const none = { what: 'none', reason: expect.stringContaining('does not have the model'), hint: expect.any(String) }
    expect(news).toEqual([none])
    await remember(store, 'a')
    const other = await openStore({ db: store.path, embedder: named(server.url, 'pebble'), background: false })
    await other.cairn.embeddings.migrate()
    await eventually(async () => expect(await status(store)).toMatchObject({ vectors: 1 }))
  })

  it.each([
    ['auto', auto],
    ['a model that was named', (url: string) => named(url, 'pebble')],
  ])('is told of once where it cannot be followed, with %s', async (_what, settings) => {
    const { server, path, changeOver } = await ofPebble()
    const { news, onModel } = listening()
    const store = await openStore({ db: path, embedder: settings(server.url), onModel })
    await eventually(async () => expect(await name(store)).toMatchObject({ name: 'ollama/pebble/8' }))
    await changeOver(fakeEmbedder())
    await eventually(() => expect(news).toHaveLength(1))
    for (let looks = 0; looks < 3; looks++) expect(await name(store)).toMatchObject({ name: 'ollama/pebble/8' })
    expect(news).toEqual([
      {
        what: 'other',
        space: 'custom/fake/8',
        reason: expect.stringContaining('this handle has the model of ollama/pebble/8'),
        hint: expect.stringContaining('set `embedder` to the other model'),
      },
    ])
    await store.cairn.embeddings.rollback('ollama/pebble/8')
    await remember(store, 'a')
    await eventually(async () => expect(await waitingIn(store, 'ollama/pebble/8')).toBe(0))
  })

  it('is not followed to a server that nobody has named, with embedder: auto', async () => {
    const server = await embeddingServer({ models, dimensions: 8 })
    const { path } = await openStore({ background: false })
    const openai = { provider: 'openai', url: server.url, model: 'shell', dimensions: 8 } as const
    const { cairn } = await openStore({ db: path, background: false, embedder: openai })
    await cairn.embeddings.migrate()
    await cairn.close()
    const asked = vi.spyOn(globalThis, 'fetch')
    onTestFinished(() => asked.mockRestore())
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-somebody')
    const store = await openStore({ db: path, embedder: 'auto' })
    await remember(store, 'a secret')
    const told = 'The vectors of the store are of openai/shell/8, and the settings name no server for it.'
    expect(await name(store)).toMatchObject({ reason: told })
    await expect(store.cairn.embeddings.run()).rejects.toMatchObject({ message: told })
    expect(await store.cairn.embeddings.check()).toMatchObject([{ ok: false, says: told }])
    expect((await store.cairn.search('secret')).degraded).toEqual([expect.stringContaining(told)])
    expect(asked).not.toHaveBeenCalled()
    const named = await openStore({ db: path, embedder: auto(server.url), background: false })
    await named.cairn.embeddings.run()
    expect(await waitingIn(named, 'openai/shell/8')).toBe(0)
  })

  const waitingIn = async ({ cairn }: TestStore, space: string) =>
    (await cairn.embeddings.status()).spaces.find((each) => each.name === space)?.waiting
})

describe('work in the background', () => {
  it('goes on when a store that was locked is so no longer', async () => {
    const store = await open({ busyTimeoutMs: 0 })
    await eventually(async () => expect(await status(store)).toMatchObject({ state: 'active' }))
    await remember(store, 'a')
    await whileLocked(store.path, async () => {
      await vi.advanceTimersByTimeAsync(1_000)
      expect(await status(store)).toMatchObject({ vectors: 0, waiting: 1 })
    })
    await eventually(async () => expect(await status(store)).toMatchObject({ vectors: 1, waiting: 0 }))
  })

  it('ends with the store in the middle of a request, and leaves the job, the lease and nothing wrong', async () => {
    const signals = hang()
    const store = await open()
    await remember(store, 'a')
    await eventually(() => expect(signals).toHaveLength(1))
    await store.cairn.close()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    const other = fakeEmbedder()
    const next = await openStore({ db: store.path, embedder: other, background: false })
    expect(await status(next)).toMatchObject({ vectors: 0, waiting: 1, failed: 0 })
    // Not busy: the lease is not waited for.
    await next.cairn.embeddings.run()
    expect(await status(next)).toMatchObject({ vectors: 1, waiting: 0 })
  })

  it('ends while the store is locked by another', async () => {
    const store = await open({ busyTimeoutMs: 0 })
    await remember(store, 'a')
    await eventually(async () => expect(await status(store)).toMatchObject({ vectors: 1 }))
    await whileLocked(store.path, () => store.cairn.close())
    expect(vi.getTimerCount()).toBe(0)
  })

  it('lets go of the model with the store, whoever worked', async () => {
    for (const background of [true, false]) {
      const closed = vi.fn(async () => undefined)
      embedder.close = closed
      const store = await open({ background })
      await store.cairn.embeddings.status()
      await store.cairn.close()
      expect(closed).toHaveBeenCalledOnce()
    }
  })

  it('is not begun by a store that is closed while it looks for its model', async () => {
    const server = await embeddingServer({ models: ['pebble'] })
    server.misbehave = () => ({ instead: 'hang' })
    const settings = { provider: 'ollama', model: 'pebble', url: server.url } as const
    const { cairn, path } = await openStore({ embedder: settings })
    await eventually(() => expect(server.asked).toHaveLength(1))
    // The server never answers: it is not waited for.
    await cairn.close()
    const { cairn: next } = await openStore({ db: path })
    expect((await next.embeddings.status()).spaces).toEqual([])
  })
})

describe('a model that could not be taken into use', () => {
  it('is so by whoever asks next', async () => {
    const { path } = await openStore()
    const opening: TestStore[] = []
    await whileLocked(path, async () => {
      const store = await openStore({ db: path, embedder, busyTimeoutMs: 0 })
      opening.push(store)
      await refusal(store.cairn.embeddings.status(), 'busy')
    })
    const [refused] = opening
    if (refused === undefined) throw new Error('the store was not opened')
    expect(await refused.cairn.embeddings.status()).toMatchObject({ model: { name: 'custom/fake/8' } })
    await remember(refused, 'a')
    await eventually(async () => expect(await status(refused)).toMatchObject({ vectors: 1 }))
  })
})

describe('a store whose own embedder cannot be closed', () => {
  it('is closed all the same, and says what the embedder threw', async () => {
    const closing = vi.fn(async () => {
      throw new Error('It is stuck.')
    })
    const store = await open({ embedder: { ...embedder, close: closing }, background: false })
    await store.cairn.embeddings.migrate()
    const error = await refusal(store.cairn.close(), 'embedding_unavailable')
    expect(error.message).toBe('The embedder custom/fake could not be closed: It is stuck.')
    await refusal(store.cairn.search('pebble'), 'closed')
    await store.cairn.close()
    expect(closing).toHaveBeenCalledTimes(1)
  })
})

describe('a model whose length of vectors nobody knows', () => {
  const lost = { status: 401, body: { error: { message: 'Not now.' } } }
  const withServer = async () => {
    const server = await embeddingServer({ dimensions: 64, models: ['pebble', 'shell'] })
    const settings = (model = 'pebble') => ({ provider: 'openai', url: `${server.url}/v1`, model }) as const
    return { server, settings }
  }
  const filled = async (settings: OpenOptions['embedder']) => {
    const store = await openStore({ embedder: settings })
    await remember(store, 'a')
    await eventually(async () => expect(await status(store)).toMatchObject({ vectors: 1, waiting: 0 }))
    await store.cairn.close()
    return store.path
  }

  it('is the one of the space that the store has, and embeds when its server is back', async () => {
    const { server, settings } = await withServer()
    const db = await filled(settings())
    server.misbehave = () => lost
    const news: ModelNews[] = []
    const store = await openStore({ db, embedder: settings(), onModel: (told) => void news.push(told) })
    await remember(store, 'b')
    await eventually(() => expect(news).toMatchObject([{ what: 'away', space: 'openai/pebble/64' }]))
    server.misbehave = undefined
    await eventually(async () => {
      store.clock.advance(1_000)
      expect(await status(store)).toMatchObject({ vectors: 2, waiting: 0 })
    })
    expect(news).toMatchObject([{ what: 'away' }, { what: 'back', space: 'openai/pebble/64' }])
  })

  it('is asked again when its server has answered without one', async () => {
    const { server, settings } = await withServer()
    server.misbehave = () => ({ vectors: () => [[]] })
    const store = await openStore({ embedder: settings() })
    await remember(store, 'a')
    expect(await store.cairn.embeddings.status()).toMatchObject({
      model: { reason: expect.stringContaining('vector') },
    })
    server.misbehave = undefined
    await eventually(async () => {
      store.clock.advance(1_000)
      expect(await status(store)).toMatchObject({ name: 'openai/pebble/64', vectors: 1, waiting: 0 })
    })
  })

  it('is asked again when it was not there as a store without vectors was opened', async () => {
    const { server, settings } = await withServer()
    server.misbehave = () => lost
    const news: ModelNews[] = []
    const store = await openStore({ embedder: settings(), onModel: (told) => void news.push(told) })
    await remember(store, 'a')
    await eventually(() => expect(news).toMatchObject([{ what: 'none', reason: expect.stringContaining('401') }]))
    server.misbehave = undefined
    await eventually(async () => {
      store.clock.advance(1_000)
      expect(await status(store)).toMatchObject({ name: 'openai/pebble/64', vectors: 1, waiting: 0 })
    })
    expect(news).toHaveLength(1)
  })

  it('is not waited for by a search, for which another is asked', async () => {
    const { server, settings } = await withServer()
    const db = await filled(settings('shell'))
    server.misbehave = ({ body: { model } }) => (model === 'pebble' ? { instead: 'hang' } : undefined)
    const { cairn } = await openStore({ db, embedder: settings() })
    expect(await cairn.search('a')).toMatchObject({ hits: [{ kind: 'memory' }], degraded: [] })
  })

  it('that can never be is told once', async () => {
    const news: ModelNews[] = []
    const embedder = { provider: 'transformers', model: 'embeddinggemma' } as const
    await openStore({ embedder, onModel: (told) => void news.push(told) })
    await eventually(() => expect(news).toHaveLength(1))
    for (let time = 0; time < 5; time++) await vi.advanceTimersByTimeAsync(250)
    expect(news).toMatchObject([{ what: 'none', reason: expect.stringContaining('cannot run in this process') }])
  })
})
