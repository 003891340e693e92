import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type JsonRequest, requestJson } from '../../src/embeddings/http-json.js'
import type { CairnError } from '../../src/errors.js'
import { embeddingServer, type Misbehaviour } from '../helpers/embedding-server.js'
import { refusal } from '../helpers/refusal.js'

const body = { model: 'nomic-embed-text:v1.5', input: ['a'] }

async function asked(wrong: Misbehaviour, more: Partial<JsonRequest> = {}): Promise<CairnError> {
  const server = await embeddingServer()
  server.misbehave = () => wrong
  const request = { url: `${server.url}/api/embed`, body, timeoutMs: 10_000, ...more }
  const error = await refusal(requestJson(request), more.signal?.aborted ? 'cancelled' : 'embedding_unavailable')
  return Object.assign(error, { message: error.message.replaceAll(server.url, '<server>') })
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('a question to a server', () => {
  it('is sent as JSON, and its answer parsed', async () => {
    const server = await embeddingServer({ dimensions: 2 })
    const answer = await requestJson({ url: `${server.url}/api/embed`, body, timeoutMs: 10_000 })
    expect(answer).toMatchObject({ model: body.model, embeddings: [[expect.any(Number), expect.any(Number)]] })
    expect(server.asked[0]).toMatchObject({ method: 'POST', body, headers: { 'content-type': 'application/json' } })
    expect(server.asked[0]?.headers.authorization).toBeUndefined()
    expect(await requestJson({ url: `${server.url}/api/version`, timeoutMs: 10_000 })).toEqual({ version: '0.9.3' })
  })
})

describe('a server that', () => {
  it('is not there cannot be reached', async () => {
    const url = `http://127.0.0.1:${await freePort()}/api/version`
    const error = await refusal(
      requestJson({ url, timeoutMs: 10_000, unreachableHint: 'Start it.' }),
      'embedding_unavailable',
    )
    expect(error).toMatchObject({
      message: `${url} cannot be reached: ECONNREFUSED.`,
      hint: 'Start it.',
      details: { fault: 'server', retryable: true },
    })
  })

  it.each(['hang', 'hang-in-body'] as const)('does %s is given up at the deadline', async (instead) => {
    const error = await asked({ instead }, { timeoutMs: 50 })
    expect(error).toMatchObject({
      message: '<server>/api/embed did not answer within 0.05 s.',
      details: { fault: 'server', retryable: true },
    })
  })

  it.each(['half-close', 'reset'] as const)('does %s the connection is said to have closed it', async (instead) => {
    const error = await asked({ instead })
    expect(error.message).toMatch(/^<server>\/api\/embed closed the connection before it had answered \(\S+\)\.$/)
    expect(error.hint).not.toContain('Start it')
    // It may be the texts that it fell over.
    expect(error.details).toMatchObject({ fault: 'unclear', retryable: true })
  })

  it('does not end is cut off', async () => {
    expect((await asked({ instead: 'endless' })).message).toBe(
      '<server>/api/embed answered with more than 67108864 bytes.',
    )
  })

  it.each([
    ['garbage', 'not JSON: <html>Welcome to nginx!</html>'],
    ['nothing', 'not JSON: nothing'],
  ] as const)('sends %s is shown to', async (instead, message) => {
    const error = await asked({ instead })
    expect(error.message).toMatch(message)
    expect(error.details).toEqual({ fault: 'unclear', retryable: true })
  })

  it.each([
    [400, 'texts', false],
    [413, 'texts', false],
    [422, 'texts', false],
    [404, 'setup', false],
    [405, 'setup', false],
    [408, 'server', true],
    [429, 'server', true],
    [500, 'unclear', true],
    [502, 'server', true],
    [503, 'server', true],
  ])('answers with %i is at fault as %s', async (status, fault, retryable) => {
    const error = await asked({ status, body: { error: 'too\nbad' } })
    expect(error.message).toBe(`<server>/api/embed answered with status ${status}: too bad.`)
    expect(error.details).toEqual({ fault, retryable, status })
  })

  it.each([
    [{ error: { message: 'No such model.' } }, 'No such model.'],
    [{ error: { message: 'x'.repeat(500) } }, `${'x'.repeat(200)}…`],
    ['<h1>Bad\u0000 Gateway</h1>', '<h1>Bad Gateway</h1>.'],
    ['', 'nothing.'],
  ])('gives the reason %j is quoted', async (reason, shown) => {
    expect((await asked({ status: 400, body: reason })).message).toBe(
      `<server>/api/embed answered with status 400: ${shown}`,
    )
  })

  it('says when to come back is obeyed', async () => {
    const waitAfter = async (value: string): Promise<unknown> => {
      const error = await asked({ status: 429, headers: { 'retry-after': value } })
      return error.details?.retryAfterMs
    }
    expect(await waitAfter('7')).toBe(7_000)
    expect(await waitAfter(new Date(Date.now() + 90_000).toUTCString())).toBeGreaterThan(80_000)
    expect(await waitAfter('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(0)
    expect(await waitAfter('soon')).toBeUndefined()
  })

  it('sends requests on is not followed, since texts go to the server that was chosen', async () => {
    const elsewhere = await embeddingServer()
    const error = await asked({ status: 307, headers: { location: `${elsewhere.url}/api/embed` } })
    expect(error.message).toBe(`<server>/api/embed sends requests on to ${elsewhere.url}/api/embed.`)
    expect(error.details).toEqual({ fault: 'setup', retryable: false, status: 307 })
    expect(elsewhere.seen).toEqual([])
  })
})

describe('a key', () => {
  const key = 'sk-very-secret'

  it('is not told when the server sends it on in an address', async () => {
    const error = await asked({ status: 307, headers: { location: `http://there/?k=${key}` } }, { key })
    expect(error.message).toMatch(/sends requests on to http:\/\/there\/\?k=\(the key\)\.$/)
  })

  it('is sent as the bearer, and wanted where the server wants one', async () => {
    const server = await embeddingServer({ key, dimensions: 2 })
    const request = { url: `${server.url}/v1/embeddings`, body, timeoutMs: 10_000 }
    expect(await requestJson({ ...request, key })).toMatchObject({ object: 'list' })
    const without = await refusal(requestJson(request), 'embedding_unavailable')
    expect(without.message).toMatch(/status 401: it wants a key\.$/)
    expect(without.hint).toMatch('embedder.apiKeyEnv')
  })

  it('stands in no message, whatever the server says', async () => {
    for (const wrong of [
      { status: 401, body: { error: `Incorrect API key provided: ${key.slice(0, 8)}****` } },
      { status: 403, body: { error: key } },
      { status: 400, body: { error: `You sent ${key}` } },
      { status: 500, body: `Bearer ${key}` },
    ]) {
      const error = await asked(wrong, { key })
      const said = JSON.stringify([error, error.message, error.stack, String(error.cause)])
      expect(said).not.toContain('secret')
      expect(said).not.toContain(key.slice(0, 8))
    }
  })
})

describe('a cancellation', () => {
  it('ends a question that is under way, or was not begun', async () => {
    const server = await embeddingServer()
    const cancel = new AbortController()
    const arrived = new Promise<void>((resolve) => {
      server.misbehave = () => {
        resolve()
        return { instead: 'hang' }
      }
    })
    const request = { url: `${server.url}/api/embed`, body, timeoutMs: 10_000, signal: cancel.signal }
    const refused = refusal(requestJson(request), 'cancelled')
    await arrived
    cancel.abort()
    await refused
    await refusal(requestJson(request), 'cancelled')
    expect(server.asked).toHaveLength(1)
  })
})

it('leaves nothing behind on a signal that outlives it', async () => {
  const server = await embeddingServer()
  const { signal } = new AbortController()
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners++
    add(...given)
  }
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners--
    remove(...given)
  }
  await requestJson({ url: `${server.url}/api/version`, timeoutMs: 10_000, signal })
  expect(listeners).toBe(0)
})
