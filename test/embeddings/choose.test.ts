import { describe, expect, it, onTestFinished } from 'vitest'
import { type ChooseContext, chooseEmbedder } from '../../src/embeddings/choose.js'
import type { Embedder } from '../../src/embeddings/embedder.js'
import { type EmbedderInput, embedderSchema } from '../../src/embeddings/embedder-schema.js'
import { embeddingFailure } from '../../src/embeddings/embedding-failure.js'
import { CairnError } from '../../src/errors.js'
import { type EmbeddingServer, embeddingServer } from '../helpers/embedding-server.js'
import { type FakeEmbedder, fakeEmbedder, fakeVector } from '../helpers/fake-embedder.js'
import { refusal } from '../helpers/refusal.js'
import { tinyDimensions, tinyVectors, writeTinyModel } from '../helpers/tiny-model.js'
import { makeFolder } from '../store.js'

const document = { kind: 'document' } as const
const fast: ChooseContext = { environment: {}, limits: { sleep: async () => undefined } }

async function choose(input: EmbedderInput, context: ChooseContext = {}) {
  const choice = await chooseEmbedder(embedderSchema.parse(input), { ...fast, ...context })
  onTestFinished(async () => choice.embedder?.close?.())
  return choice
}

async function chosen(input: EmbedderInput, context: ChooseContext = {}): Promise<Embedder> {
  const { embedder, reason } = await choose(input, context)
  return embedder ?? expect.fail(reason)
}

function expectVector(vector: Float32Array | undefined, text: string, dimensions: number): void {
  const expected = fakeVector(text, dimensions)
  expect(vector).toHaveLength(dimensions)
  for (const [index, value] of (vector ?? []).entries()) expect(value).toBeCloseTo(expected[index] ?? 9, 5)
}

/** An address where nothing is any more. */
async function goneUrl(): Promise<string> {
  const server = await embeddingServer()
  await server.close()
  return server.url
}

describe('none', () => {
  it('is no embedder, and says how to get one', async () => {
    expect(await choose('none')).toEqual({
      reason: 'No embedder is set, so search goes by words.',
      hint: 'Set embedder to auto or ollama.',
    })
  })
})

describe('auto', () => {
  it('is Ollama where it answers and has the model', async () => {
    const { url } = await embeddingServer()
    const embedder = await chosen('auto', { environment: { OLLAMA_HOST: url } })
    expect(embedder.space).toEqual({
      provider: 'ollama',
      model: 'nomic-embed-text:v1.5',
      dimensions: 768,
      prefixes: { document: 'search_document: ', query: 'search_query: ' },
    })
    const [vector] = await embedder.embed(['a tower'], { kind: 'query' })
    expectVector(vector, 'search_query: a tower', 768)
  })

  it('is none where nothing answers, with the reason in a sentence and the way to get it', async () => {
    const url = await goneUrl()
    expect(await choose({ url })).toEqual({
      reason: `${url}/api/show cannot be reached: ECONNREFUSED.`,
      hint: 'Start it with: ollama serve (it is to be had at https://ollama.com).',
    })
  })

  it('is none where the model is missing, with the command that gets it', async () => {
    const { url } = await embeddingServer({ models: ['llama3.2'] })
    expect(await choose({ url })).toEqual({
      reason: `Ollama at ${url} does not have the model nomic-embed-text:v1.5.`,
      hint: 'Get it with: ollama pull nomic-embed-text:v1.5',
    })
  })

  it('does not wait for what is slow', async () => {
    const { url } = await embeddingServer({ silent: true })
    const { reason } = await choose({ url }, { deadlines: { autoMs: 30 } })
    expect(reason).toMatch('did not answer within 0.03 s')
  })
})

describe('ollama', () => {
  it('is chosen while it is away, and embeds when it is back', async () => {
    const url = await goneUrl()
    const embedder = await chosen({ provider: 'ollama', url })
    const error = await refusal(embedder.embed(['a'], document), 'embedding_unavailable')
    expect(error.hint).toMatch('ollama serve')
    expect(error.details).toMatchObject({ retryable: true })
    await embeddingServer({ port: Number(new URL(url).port) })
    const [vector] = await embedder.embed(['a'], document)
    expectVector(vector, 'search_document: a', 768)
  })

  it('sends batches, and lets it cut what is too long for it', async () => {
    const server = await embeddingServer()
    const embedder = await chosen({ provider: 'ollama', url: server.url, batchSize: 2 })
    await embedder.embed(['a', 'b', 'c'], document)
    expect(server.asked.map(({ path, body }) => [path, body])).toEqual([
      [
        '/api/embed',
        { model: 'nomic-embed-text:v1.5', input: ['search_document: a', 'search_document: b'], truncate: true },
      ],
      ['/api/embed', { model: 'nomic-embed-text:v1.5', input: ['search_document: c'], truncate: true }],
    ])
  })

  it('makes shorter vectors where the model was trained for it', async () => {
    const { url } = await embeddingServer()
    const embedder = await chosen({ provider: 'ollama', url, dimensions: 256 })
    const [vector] = await embedder.embed(['a'], document)
    const whole = fakeVector('search_document: a', 768)
    const mean = whole.reduce((sum, value) => sum + value, 0) / 768
    const cut = whole.slice(0, 256).map((value) => value - mean)
    expect(embedder.space.dimensions).toBe(256)
    expect(vector?.[7]).toBeCloseTo((cut[7] ?? 9) / Math.hypot(...cut), 5)
  })

  it.each([
    [{ dimensions: 1024 }, 'embedder.dimensions is 1024, but nomic-embed-text:v1.5 makes 768, or fewer.'],
    [
      { model: 'all-minilm', dimensions: 128 },
      'embedder.dimensions is 128, but all-minilm makes 384, and they are of no use shortened.',
    ],
  ])('refuses %j', async (options, message) => {
    expect((await refusal(choose({ provider: 'ollama', ...options }), 'config_invalid')).message).toBe(message)
  })

  it('takes other prefixes than the model has', async () => {
    const server = await embeddingServer()
    const prefixes = { document: 'd> ' }
    const embedder = await chosen({ provider: 'ollama', url: server.url, prefixes })
    await embedder.embed(['a'], document)
    await embedder.embed(['a'], { kind: 'query' })
    expect(server.asked.map(({ body }) => body.input)).toEqual([['d> a'], ['a']])
    expect(embedder.space.prefixes).toEqual({ document: 'd> ', query: '' })
  })

  it('asks a model that is not known how long its vectors are', async () => {
    const { url } = await embeddingServer({ models: ['own'], dimensions: 5 })
    const embedder = await chosen({ provider: 'ollama', url, model: 'own' })
    expect(embedder.space.dimensions).toBe(5)
    expect((await embedder.embed(['a'], document))[0]).toHaveLength(5)
  })

  it('is none when such a model cannot be asked, and one when its length is set', async () => {
    const url = await goneUrl()
    const { reason, hint } = await choose({ provider: 'ollama', url, model: 'own' })
    expect([reason, hint]).toEqual([expect.stringMatching('ECONNREFUSED'), expect.stringMatching('ollama serve')])
    expect((await chosen({ provider: 'ollama', url, model: 'own', dimensions: 5 })).space.dimensions).toBe(5)
  })

  it('says which command gets a model that went away meanwhile', async () => {
    const server = await embeddingServer()
    const embedder = await chosen({ provider: 'ollama', url: server.url })
    await embedder.embed(['a'], document)
    server.models.clear()
    const error = await refusal(embedder.embed(['a'], document), 'embedding_unavailable')
    expect(error.hint).toBe('Get it with: ollama pull nomic-embed-text:v1.5')
    expect(error.details).toEqual({ fault: 'setup', retryable: false, status: 404 })
    server.models.add('nomic-embed-text:v1.5')
    await embedder.embed(['a'], document)
  })
})

describe('openai', () => {
  const local = (server: EmbeddingServer, more: EmbedderInput & object = {}): EmbedderInput => ({
    provider: 'openai',
    url: server.url,
    model: 'nomic-embed-text:v1.5',
    ...more,
  })

  it('speaks its protocol with any server that does', async () => {
    const server = await embeddingServer()
    const embedder = await chosen(local(server))
    const vectors = await embedder.embed(['first', 'second', 'third'], document)
    for (const [index, text] of ['first', 'second', 'third'].entries())
      expectVector(vectors[index], `search_document: ${text}`, 768)
    expect(server.asked[0]).toMatchObject({ path: '/v1/embeddings', body: { encoding_format: 'float' } })
    expect(server.asked[0]?.body).not.toHaveProperty('dimensions')
  })

  it('asks for shorter vectors where the server can make them', async () => {
    const server = await embeddingServer({ models: ['text-embedding-3-small'], dimensions: 512 })
    const embedder = await chosen(local(server, { model: 'text-embedding-3-small', dimensions: 512 }))
    expect((await embedder.embed(['a'], document))[0]).toHaveLength(512)
    expect(server.asked[0]?.body.dimensions).toBe(512)
  })

  it('sends the key that a variable holds, and tells nobody', async () => {
    const server = await embeddingServer({ key: 'sk-secret' })
    const environment = { MY_KEY: 'sk-secret', OPENAI_API_KEY: 'sk-other', WRONG: 'sk-wrong' }
    const embedder = await chosen(local(server, { apiKeyEnv: 'MY_KEY' }), { environment })
    await embedder.embed(['a'], document)
    expect(JSON.stringify(embedder)).not.toContain('sk-')
    const wrong = await chosen(local(server, { apiKeyEnv: 'WRONG' }), { environment })
    const error = await refusal(wrong.embed(['a'], document), 'embedding_unavailable')
    expect(error.message).toMatch('refuses the key')
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain('sk-wrong')
    expect(error.details).toEqual({ fault: 'setup', retryable: false, status: 401 })
  })

  it('sends a key without the line end of the file that it came from, and tells nobody then either', async () => {
    const server = await embeddingServer({ key: 'sk-secret' })
    const embedder = await chosen(local(server, { apiKeyEnv: 'MY_KEY' }), { environment: { MY_KEY: 'sk-secret\r\n' } })
    await embedder.embed(['a'], document)
    server.misbehave = () => ({ status: 404, body: { error: 'no Bearer sk-secret here' } })
    const error = await refusal(embedder.embed(['a'], document), 'embedding_unavailable')
    expect(error.message).toContain('no Bearer (the key) here')
  })

  it('refuses what cannot be a key, without telling it', async () => {
    const server = await embeddingServer()
    const environment = { MY_KEY: 'sk-one\nsk-two' }
    const error = await refusal(chosen(local(server, { apiKeyEnv: 'MY_KEY' }), { environment }), 'config_invalid')
    expect(error.message).toMatch(/^The environment variable MY_KEY holds what cannot be a key/)
    expect(JSON.stringify([error, error.message, error.hint])).not.toContain('sk-')
  })

  it("does not send OpenAI's key to another server", async () => {
    const server = await embeddingServer()
    const embedder = await chosen(local(server), { environment: { OPENAI_API_KEY: 'sk-other' } })
    await embedder.embed(['a'], document)
    expect(server.asked[0]?.headers.authorization).toBeUndefined()
  })

  it('says which variable is not set, and asks nobody without it', async () => {
    const embedder = await chosen('openai')
    expect(embedder.space).toMatchObject({ provider: 'openai', model: 'text-embedding-3-small', dimensions: 1536 })
    const error = await refusal(embedder.embed(['a'], document), 'embedding_unavailable')
    expect(error.message).toBe('The environment variable OPENAI_API_KEY is not set, and api.openai.com wants a key.')
    expect(error.details).toEqual({ fault: 'setup', retryable: false })
  })

  it('wants to know the model of a server that is not OpenAI', async () => {
    const error = await refusal(choose({ provider: 'openai', url: 'http://127.0.0.1:1' }), 'config_invalid')
    expect(error.message).toMatch('embedder.model is missing')
  })
})

describe('a server in trouble', () => {
  const texts = ['a', 'b', 'c']

  it.each([
    ['is busy', { status: 429 }],
    ['is not ready', { status: 503 }],
    ['fails', { status: 500 }],
    ['breaks off', { instead: 'half-close' }],
    ['hangs up', { instead: 'reset' }],
    ['sends garbage', { instead: 'garbage' }],
    ['leaves one out', { vectors: (right: number[][]) => right.slice(1) }],
  ] as const)('that %s once is asked again', async (_, wrong) => {
    const server = await embeddingServer()
    server.misbehave = (_request, count) => (count === 1 ? wrong : undefined)
    const embedder = await chosen({ provider: 'ollama', url: server.url })
    const vectors = await embedder.embed(texts, document)
    expect(server.asked).toHaveLength(2)
    for (const [index, text] of texts.entries()) expectVector(vectors[index], `search_document: ${text}`, 768)
  })

  it('is never asked more than five things at once', async () => {
    const server = await embeddingServer()
    let release = (): void => undefined
    const full = new Promise<void>((resolve) => {
      release = resolve
    })
    server.misbehave = async (_request, count) => {
      if (count === 5) release()
      await full
      return undefined
    }
    const embedder = await chosen({ provider: 'ollama', url: server.url })
    const documents = [...Array(12).keys()].map((index) => embedder.embed([`d${index}`], document))
    const queries = [...Array(4).keys()].map((index) => embedder.embed([`q${index}`], { kind: 'query' }))
    await Promise.all([...documents, ...queries])
    expect(server.asked).toHaveLength(16)
    expect(server.most).toBeLessThanOrEqual(5)
    expect(server.most).toBeGreaterThan(1)
  })

  it('is left alone after five failures, and the reason said', async () => {
    const server = await embeddingServer()
    server.misbehave = () => ({ status: 503, body: { error: 'server busy' } })
    const embedder = await chosen({ provider: 'ollama', url: server.url })
    await refusal(embedder.embed(['a'], document), 'embedding_unavailable')
    await refusal(embedder.embed(['a'], document), 'embedding_unavailable')
    const error = await refusal(embedder.embed(['a'], { kind: 'query' }), 'embedding_unavailable')
    expect(error.message).toMatch(/5 times in a row.*server busy\.$/)
    expect(server.asked).toHaveLength(5)
  })

  it.each([
    ['NaN', [null, ...Array<number>(767).fill(1)]],
    ['nothing but zeros', Array<number>(768).fill(0)],
  ])('that makes %s of one text embeds the others, and names it', async (_, bad) => {
    const server = await embeddingServer()
    server.misbehave = ({ body }) => ({
      vectors: (right) => right.map((vector, index) => (body.input?.[index]?.includes('bad') ? bad : vector)),
    })
    const embedder = await chosen({ provider: 'ollama', url: server.url })
    const error = await refusal(embedder.embed(['good', 'bad'], document), 'invalid_input')
    expect(error.details).toEqual({ index: 1 })
    expectVector((await embedder.embed(['good'], document))[0], 'search_document: good', 768)
  })

  it('that has another model under the name is found out', async () => {
    const { url } = await embeddingServer({ dimensions: 384 })
    const embedder = await chosen({ provider: 'ollama', url })
    const error = await refusal(embedder.embed(['a'], document), 'embedding_unavailable')
    expect(error.message).toBe('The model answered with vectors of 384 dimensions instead of 768.')
    expect(error.details).toEqual({ fault: 'setup', retryable: false })
  })

  it('that takes short texts only, with a 500 for others, gets them shortened', async () => {
    const server = await embeddingServer()
    server.misbehave = ({ body }) =>
      body.input?.some((text) => text.length > 2_000)
        ? {
            status: 500,
            body: { error: { message: 'input is too large to process. increase the physical batch size' } },
          }
        : undefined
    const embedder = await chosen({ provider: 'openai', url: server.url, model: 'nomic-embed-text:v1.5' })
    const [short, long] = await embedder.embed(['short', 'long '.repeat(1_000)], document)
    expectVector(short, 'search_document: short', 768)
    expectVector(long, `search_document: ${'long '.repeat(1_000)}`.slice(0, 1_255), 768)
  })
})

describe('transformers', () => {
  it('runs a model from a folder in this process', async () => {
    const folder = makeFolder()
    writeTinyModel(folder, 'tiny')
    const embedder = await chosen({ provider: 'transformers', url: folder, model: 'tiny' })
    expect(embedder.space).toMatchObject({ provider: 'transformers', model: 'tiny', dimensions: tinyDimensions })
    const [vector] = await embedder.embed(['cat'], document)
    const tokens = ['[CLS]', 'cat', '[SEP]'].map((token) => tinyVectors().get(token) ?? [])
    const sum = Array.from({ length: tinyDimensions }, (_, place) =>
      tokens.reduce((all, token) => all + (token[place] ?? 9), 0),
    )
    for (const [place, value] of (vector ?? []).entries())
      expect(value).toBeCloseTo((sum[place] ?? 9) / Math.hypot(...sum), 5)
    await embedder.close?.()
    await refusal(embedder.embed(['cat'], document), 'closed')
  })

  it('is none when the model cannot be loaded', async () => {
    const { reason } = await choose({ provider: 'transformers', url: makeFolder(), model: 'absent' })
    expect(reason).toMatch('The model absent cannot be loaded')
  })

  it('refuses models that need more than it does', async () => {
    const input = { provider: 'transformers', model: 'onnx-community/embeddinggemma-300m-ONNX' } as const
    expect((await refusal(choose(input), 'config_invalid')).message).toMatch('cannot run in this process')
  })
})

describe("an embedder of one's own", () => {
  it('that never answers is not waited for, and can be closed', async () => {
    const never: Embedder = {
      space: { provider: 'custom', model: 'never', dimensions: 3, prefixes: { document: '', query: '' } },
      batchSize: 1,
      embed: () => new Promise(() => undefined),
    }
    const limits = { attempts: { document: 1, query: 1 } }
    const context = { limits, deadlines: { embedMs: 20 } }
    const embedder = await chosen(never, context)
    const late = await refusal(embedder.embed(['a'], { kind: 'document' }), 'embedding_unavailable')
    expect(late.message).toBe('The embedder custom/never did not answer within 0.02 s.')
    await refusal(embedder.embed(['a'], { kind: 'query', signal: AbortSignal.timeout(1) }), 'cancelled')
    const left = embedder.embed(['a'], { kind: 'document' })
    await Promise.all([refusal(left, 'closed'), embedder.close?.()])
  })

  const own = async (before: () => void = () => undefined): Promise<{ fake: FakeEmbedder; embedder: Embedder }> => {
    const fake = fakeEmbedder({ dimensions: 8, batchSize: 2, before })
    return { fake, embedder: await chosen(fake) }
  }

  it('is asked in batches, and puts prefixes itself', async () => {
    const { fake, embedder } = await own()
    expect(embedder.space).toEqual(fake.space)
    const vectors = await embedder.embed(['a', 'b', 'c'], { kind: 'query' })
    expect(fake.calls).toEqual([
      { texts: ['a', 'b'], kind: 'query' },
      { texts: ['c'], kind: 'query' },
    ])
    expectVector(vectors[2], 'c', 8)
    await embedder.close?.()
    expect(fake.closed).toBe(true)
  })

  it('may do what it likes with the list of texts that it is given', async () => {
    const fake = fakeEmbedder({ dimensions: 8 })
    const { embed } = fake
    fake.embed = async (texts, options) => {
      const answer = await embed(texts, options)
      ;(texts as string[]).length = 0
      return answer
    }
    expect(await (await chosen(fake)).embed(['a', 'b'], document)).toHaveLength(2)
  })

  it('is asked again when it failed, whatever it threw', async () => {
    let calls = 0
    const { embedder } = await own(() => {
      if (calls++ === 0) throw new TypeError('fetch failed')
    })
    expectVector((await embedder.embed(['a'], document))[0], 'a', 8)
  })

  it.each([
    [new CairnError('embedding_unavailable', 'Not now.', { details: { retryable: false } }), 1],
    [new CairnError('embedding_unavailable', 'Later.'), 4],
    [embeddingFailure('setup', 'No key.'), 1],
  ])('may say that it is not there: %s', async (error, calls) => {
    const { fake, embedder } = await own(() => {
      throw error
    })
    expect((await refusal(embedder.embed(['a'], document), 'embedding_unavailable')).message).toBe(error.message)
    expect(fake.calls).toHaveLength(calls)
  })

  it('may refuse a text, which is then named', async () => {
    const fake = fakeEmbedder({
      dimensions: 8,
      before: (texts) => {
        if (texts.includes('bad')) throw new CairnError('invalid_input', 'Bad words.')
      },
    })
    const embedder = await chosen(fake)
    const error = await refusal(embedder.embed(['a', 'bad', 'c'], document), 'invalid_input')
    expect(error.details).toEqual({ index: 1 })
  })

  it('is cancelled by the signal, whatever it makes of that', async () => {
    const cancel = new AbortController()
    const { embedder } = await own(() => {
      cancel.abort()
      throw new Error('AbortError')
    })
    await refusal(embedder.embed(['a'], { ...document, signal: cancel.signal }), 'cancelled')
  })

  it('is found out when its vectors are not what it says', async () => {
    const fake = fakeEmbedder({ dimensions: 8 })
    const embedder = await chosen({ ...fake, space: { ...fake.space, dimensions: 9 } })
    const error = await refusal(embedder.embed(['a'], document), 'embedding_unavailable')
    expect(error.message).toMatch('8 dimensions instead of 9')
  })
})
