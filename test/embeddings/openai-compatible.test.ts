import { describe, expect, it } from 'vitest'
import { keyName, openaiRequest, openaiUrl } from '../../src/embeddings/openai-compatible.js'
import { embeddingServer } from '../helpers/embedding-server.js'
import { refusal } from '../helpers/refusal.js'

describe('the address of an OpenAI-compatible server', () => {
  it.each([
    [undefined, 'https://api.openai.com/v1'],
    ['http://localhost:8080', 'http://localhost:8080/v1'],
    ['http://localhost:8080/', 'http://localhost:8080/v1'],
    ['http://localhost:1234/v1/', 'http://localhost:1234/v1'],
    ['https://host/openai/v1/embeddings', 'https://host/openai/v1'],
    ['https://host?api-version=2024-02-01', 'https://host/v1?api-version=2024-02-01'],
    ['https://host/openai/embeddings/?api-version=2024-02-01', 'https://host/openai?api-version=2024-02-01'],
  ])('%s is %s', (told, url) => {
    expect(openaiUrl(told)).toBe(url)
  })
})

describe('the key', () => {
  it("of OpenAI's goes to OpenAI only; another one where it is said", () => {
    expect(keyName('https://api.openai.com/v1', undefined)).toBe('OPENAI_API_KEY')
    expect(keyName('https://api.openai.com.evil.example/v1', undefined)).toBeUndefined()
    expect(keyName('http://localhost:8080/v1', undefined)).toBeUndefined()
    expect(keyName('http://localhost:8080/v1', 'MY_KEY')).toBe('MY_KEY')
  })
})

describe('what stands behind a question mark in the address', () => {
  const asked = async (status: number, body: (path: string) => unknown) => {
    const server = await embeddingServer({ dimensions: 4 })
    server.misbehave = ({ path }) => ({ status, body: body(path), headers: { location: `/login${path}` } })
    const url = openaiUrl(`${server.url}/v1?api-version=2024-02-01&code=secret%2Fsecret`)
    const answer = openaiRequest({ url, model: 'nomic-embed-text:v1.5' }, 10_000)(['a'], { kind: 'document' })
    return { answer, server }
  }

  it('is sent with each request', async () => {
    const { answer, server } = await asked(200, () => ({ data: [{ embedding: [1] }] }))
    expect(await answer).toEqual([[1]])
    expect(server.asked.map(({ path }) => path)).toEqual(['/v1/embeddings?api-version=2024-02-01&code=secret%2Fsecret'])
  })

  it.each([
    [405, (path: string) => `Cannot POST ${path}`],
    [405, () => ({ error: { message: 'No such code: secret/secret' } })],
    [307, () => ''],
  ])('is not told, as it may be a key (status %i)', async (status, body) => {
    const { answer } = await asked(status, body)
    const { message } = await refusal(answer, 'embedding_unavailable')
    expect(message).not.toMatch(/secret/)
  })

  it('is told where it is the version of the protocol', async () => {
    const { answer } = await asked(405, () => ({ error: { message: 'There is no version 2024-02-01' } }))
    expect((await refusal(answer, 'embedding_unavailable')).message).toContain('There is no version 2024-02-01')
  })
})

describe('vectors of an OpenAI-compatible server', () => {
  const ask = async (vectors: (right: number[][]) => unknown): Promise<readonly unknown[]> => {
    const server = await embeddingServer({ dimensions: 4 })
    server.misbehave = () => ({ body: vectors([]), status: 200 })
    const request = openaiRequest({ url: `${server.url}/v1`, model: 'nomic-embed-text:v1.5' }, 10_000)
    return request(['a', 'b'], { kind: 'document' })
  }

  it('are put into the order of their indexes, or taken as they come when they have none', async () => {
    expect(
      await ask(() => ({
        data: [
          { index: 1, embedding: [2] },
          { index: 0, embedding: [1] },
        ],
      })),
    ).toEqual([[1], [2]])
    expect(await ask(() => ({ data: [{ embedding: [1] }, { embedding: [2] }] }))).toEqual([[1], [2]])
  })

  it.each([
    [
      {
        data: [
          { index: 0, embedding: [1] },
          { index: 0, embedding: [2] },
        ],
      },
    ],
    [
      {
        data: [
          { index: 2, embedding: [1] },
          { index: 0, embedding: [2] },
        ],
      },
    ],
    [{ data: [{ index: -1, embedding: [1] }] }],
    [{ data: [{ index: '0', embedding: [1] }] }],
    [{ data: 'none' }],
    [{}],
    [[]],
    [null],
  ])('are refused as %j', async (answer) => {
    const error = await refusal(
      ask(() => answer),
      'embedding_unavailable',
    )
    expect(error.details).toEqual({ fault: 'unclear', retryable: true })
  })
})
