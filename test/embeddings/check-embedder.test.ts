import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkEmbedder, type EmbedderCheck } from '../../src/embeddings/check-embedder.js'
import { type EmbedderInput, embedderSchema } from '../../src/embeddings/embedder-schema.js'
import { embeddingServer } from '../helpers/embedding-server.js'
import { fakeEmbedder } from '../helpers/fake-embedder.js'

const check = (input: EmbedderInput, environment = {}): Promise<EmbedderCheck[]> =>
  checkEmbedder(embedderSchema.parse(input), { environment, limits: { sleep: async () => undefined } })

async function serverThatAnswers(status: number): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('the check of an embedder', () => {
  it.each(['auto', 'ollama'] as const)('finds the server, the model and its vectors (%s)', async (provider) => {
    const { url } = await embeddingServer()
    expect(await check({ provider, url })).toEqual([
      { what: 'server', ok: true, says: `Ollama 0.9.3 answers at ${url}.` },
      { what: 'model', ok: true, says: 'It has the model nomic-embed-text:v1.5.' },
      {
        what: 'vectors',
        ok: true,
        says: expect.stringMatching(/^nomic-embed-text:v1\.5 makes vectors of 768 dimensions; one took \d+ ms\.$/),
      },
    ])
  })

  it('stops at a server that is not there, with the command that starts it', async () => {
    const server = await embeddingServer()
    await server.close()
    expect(await check({ url: server.url })).toEqual([
      {
        what: 'server',
        ok: false,
        says: `${server.url}/api/version cannot be reached: ECONNREFUSED.`,
        fix: 'Start it with: ollama serve (it is to be had at https://ollama.com).',
      },
    ])
  })

  it.each([200, 404])('stops at a server that is something else, which answers with %i', async (status) => {
    const url = await serverThatAnswers(status)
    const [found] = await check({ url })
    expect(found).toMatchObject({ ok: false, says: `What answers at ${url} is not Ollama.`, fix: 'Set embedder.url.' })
  })

  it('stops at a missing model, with the command that gets it', async () => {
    const { url } = await embeddingServer()
    expect((await check({ url, model: 'mxbai-embed-large' })).at(-1)).toEqual({
      what: 'model',
      ok: false,
      says: `Ollama at ${url} does not have the model mxbai-embed-large.`,
      fix: 'Get it with: ollama pull mxbai-embed-large',
    })
  })

  it('finds out a model of the wrong length, and how to say so', async () => {
    const { url } = await embeddingServer({ dimensions: 384 })
    const found = await check({ url })
    expect(found.map(({ ok }) => ok)).toEqual([true, true, false])
    expect(found[2]?.fix).toBe(
      'Choose the model that makes 768; or set embedder.dimensions to 384, which is a space of its own.',
    )
  })

  it('asks once, and does not wait and try again', async () => {
    const server = await embeddingServer()
    server.misbehave = () => ({ status: 503 })
    expect((await check({ url: server.url })).at(-1)).toMatchObject({ what: 'vectors', ok: false })
    expect(server.asked).toHaveLength(1)
  })

  it.each([
    ['that is away', { status: 503 }, 'Look again when it answers'],
    ['that answers zeros', { body: { embeddings: [new Array(768).fill(0)] } }, 'Choose another model'],
    ['that is set up otherwise', { status: 405 }, 'See docs/embeddings.md'],
  ])('does not send whoever looks back to look, for a model %s', async (_what, answer, fix) => {
    const server = await embeddingServer()
    server.misbehave = ({ path }) => (path === '/api/embed' ? { status: 200, ...answer } : undefined)
    const found = (await check({ url: server.url })).at(-1)
    expect(found).toMatchObject({ what: 'vectors', ok: false, fix: expect.stringContaining(fix) })
    expect(found?.fix).not.toContain('embeddings setup')
  })

  it('looks at the model where the server takes no text at all', async () => {
    const server = await embeddingServer({ models: ['chat'] })
    server.misbehave = () => ({ status: 400, body: { error: { message: 'This model does not support embeddings' } } })
    for (const dimensions of [{}, { dimensions: 8 }]) {
      const found = (await check({ provider: 'openai', url: server.url, model: 'chat', ...dimensions })).at(-1)
      expect(found).toMatchObject({ what: 'vectors', ok: false, says: expect.stringContaining('does not support') })
      expect(found?.fix).toMatch(/whether the model is one for embeddings|Choose another model/)
    }
    const [found] = await check({ url: await serverThatAnswers(400) })
    expect(found).toMatchObject({ what: 'server', ok: false, fix: expect.stringContaining('See what the server says') })
  })

  it('looks at the vectors of what is no Ollama', async () => {
    expect(await check(fakeEmbedder())).toEqual([
      { what: 'vectors', ok: true, says: expect.stringMatching('fake makes vectors of 64 dimensions') },
    ])
    expect(await check('openai')).toEqual([
      {
        what: 'vectors',
        ok: false,
        says: 'The environment variable OPENAI_API_KEY is not set, and api.openai.com wants a key.',
        fix: 'Set OPENAI_API_KEY to the key.',
      },
    ])
  })

  it('says what is wrong with the settings themselves', async () => {
    expect(await check('none')).toMatchObject([{ what: 'settings', ok: false, fix: 'Set embedder to auto or ollama.' }])
    expect((await check({ url: 'localhost:11434' }))[0]).toMatchObject({
      ok: false,
      says: expect.stringMatching('embedder.url'),
    })
  })
})
