import { CairnError } from '../errors.js'
import { isPlainObject } from '../json.js'
import { embeddingFailure, faultOf } from './embedding-failure.js'
import { requestJson } from './http-json.js'
import type { VectorRequest } from './limited.js'
import { serverUrl, withoutSlash } from './server-url.js'

const defaultUrl = 'http://127.0.0.1:11434'

export interface OllamaServer {
  url: string
  model: string
}

/** Where Ollama is: as told, else as OLLAMA_HOST says to Ollama itself, else where it is by default. */
export function ollamaUrl(told: string | undefined, environment: Record<string, string | undefined>): string {
  if (told !== undefined) return withoutSlash(serverUrl(told, 'embedder.url'))
  const host = (environment.OLLAMA_HOST ?? '').trim().replace(/^["']+|["']+$/g, '')
  return host === '' ? defaultUrl : withoutSlash(hostUrl(host))
}

/** A host with or without scheme and port. The address that a server listens on everywhere is none to call. */
function hostUrl(host: string): URL {
  const hasScheme = /^https?:\/\//.test(host)
  // Three groups with colons between are IPv6; one colon is before a port.
  const bare = /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*$/i.test(host) ? `[${host}]` : host
  const url = serverUrl(hasScheme ? host : `http://${bare.startsWith(':') ? '127.0.0.1' : ''}${bare}`, 'OLLAMA_HOST')
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  if (url.hostname === '[::]') url.hostname = '[::1]'
  if (!hasScheme && url.port === '' && !/:80\/?$/.test(bare)) url.port = '11434'
  return url
}

/** Asks Ollama for vectors. Its protocol: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings */
export function ollamaRequest(server: OllamaServer, timeoutMs: number): VectorRequest {
  return async (texts, { signal }) => {
    // What is too long even after our own cut is cut by Ollama, rather than refused.
    const body = { model: server.model, input: texts, truncate: true }
    const answer = await asked(server, () => requestJson({ ...place(server, '/api/embed'), body, timeoutMs, signal }))
    const vectors = isPlainObject(answer) ? answer.embeddings : undefined
    if (!Array.isArray(vectors)) throw embeddingFailure('unclear', 'Ollama answered without embeddings.')
    return vectors
  }
}

/** The version of the server, as it says it. */
export async function ollamaVersion(server: OllamaServer, timeoutMs: number): Promise<string> {
  const notOllama = () =>
    embeddingFailure('setup', `What answers at ${server.url} is not Ollama.`, { hint: 'Set embedder.url.' })
  const answer = await requestJson({ ...place(server, '/api/version'), timeoutMs }).catch((error: unknown) => {
    throw statusOf(error) === 404 ? notOllama() : error
  })
  if (isPlainObject(answer) && typeof answer.version === 'string') return answer.version
  throw notOllama()
}

/** Rejects when the server does not have the model. */
export async function findOllamaModel(server: OllamaServer, timeoutMs: number): Promise<void> {
  const body = { model: server.model }
  await asked(server, () => requestJson({ ...place(server, '/api/show'), body, timeoutMs }))
}

/** The same failures, with the command that mends them. */
async function asked<T>(server: OllamaServer, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (statusOf(error) !== 404) throw error
    throw embeddingFailure('setup', `Ollama at ${server.url} does not have the model ${server.model}.`, {
      hint: `Get it with: ollama pull ${server.model}`,
      status: 404,
    })
  }
}

/** Of a server that wants something set up. */
function statusOf(error: unknown): unknown {
  return error instanceof CairnError && faultOf(error) === 'setup' ? error.details?.status : undefined
}

function place({ url }: OllamaServer, path: string): { url: string; unreachableHint: string } {
  return {
    url: `${url}${path}`,
    unreachableHint: 'Start it with: ollama serve (it is to be had at https://ollama.com).',
  }
}
