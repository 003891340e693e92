import { isPlainObject } from '../json.js'
import { embeddingFailure } from './embedding-failure.js'
import { requestJson } from './http-json.js'
import type { VectorRequest } from './limited.js'
import { serverUrl, withoutSlash } from './server-url.js'

const hosted = 'https://api.openai.com/v1'
const openaiKeyName = 'OPENAI_API_KEY'

interface OpenaiServer {
  /** With /v1 and what stands behind a question mark, without /embeddings. */
  url: string
  model: string
  key?: string | undefined
  /** Asked of the server, where vectors are to be shorter than the model's. */
  dimensions?: number | undefined
}

/** A server's address in the form that the protocol is described in; OpenAI's own when there is none. */
export function openaiUrl(told: string | undefined): string {
  if (told === undefined) return hosted
  const url = serverUrl(told, 'embedder.url')
  const base = url.pathname === '/' ? `${url.origin}/v1` : withoutSlash(url).replace(/\/embeddings$/, '')
  return `${base}${url.search}`
}

/** The name of the environment variable with the key. A key of OpenAI's goes to OpenAI, and to no other server. */
export function keyName(url: string, told: string | undefined): string | undefined {
  return told ?? (new URL(url).origin === new URL(hosted).origin ? openaiKeyName : undefined)
}

/** Asks for vectors as OpenAI, llama.cpp, vLLM and LM Studio are asked: https://platform.openai.com/docs/api-reference/embeddings */
export function openaiRequest(server: OpenaiServer, timeoutMs: number): VectorRequest {
  const { model, key, dimensions } = server
  const url = new URL(server.url)
  url.pathname += '/embeddings'
  return async (texts, { signal }) => {
    const body = { model, input: texts, encoding_format: 'float', ...(dimensions !== undefined && { dimensions }) }
    const answer = await requestJson({ url: url.href, body, key, timeoutMs, signal })
    const data = isPlainObject(answer) ? answer.data : undefined
    if (!Array.isArray(data)) throw embeddingFailure('unclear', 'The server answered without data.')
    return inOrder(data)
  }
}

/** Each vector says by its index which text it is of. */
function inOrder(data: unknown[]): unknown[] {
  const vectors: unknown[] = new Array(data.length)
  const seen = new Set<number>()
  for (const [place, item] of data.entries()) {
    const { index = place, embedding } = isPlainObject(item) ? item : {}
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= data.length || seen.has(index))
      throw embeddingFailure('unclear', 'The server answered with vectors that are not numbered as the texts are.')
    seen.add(index)
    vectors[index] = embedding
  }
  return vectors
}
