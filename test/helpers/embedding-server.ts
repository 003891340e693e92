import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { fakeVector } from './fake-embedder.js'

/** A request as it came in. */
export interface SeenRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: { model?: string; input?: string[]; truncate?: boolean; dimensions?: number; encoding_format?: string }
}

type Instead = 'hang' | 'hang-in-body' | 'half-close' | 'reset' | 'garbage' | 'nothing' | 'endless'

/** What a server may do instead of its work. */
export type Misbehaviour =
  | { status: number; body?: unknown; headers?: Record<string, string> }
  | { instead: Instead }
  | { vectors: (right: number[][]) => unknown }

export interface EmbeddingServerOptions {
  dimensions?: number
  models?: string[]
  /** Wanted by the OpenAI-compatible side. */
  key?: string
  port?: number
  /** Whether it takes requests and says nothing at all. */
  silent?: boolean
}

export interface EmbeddingServer {
  readonly url: string
  /** Requests for vectors. */
  readonly asked: SeenRequest[]
  readonly seen: SeenRequest[]
  /** How many requests for vectors were under way at the same time, at most. */
  readonly most: number
  readonly models: Set<string>
  /** Asked before each request for vectors is answered; the answer is right when it says nothing. */
  misbehave:
    | ((request: SeenRequest, count: number) => Misbehaviour | Promise<Misbehaviour | undefined> | undefined)
    | undefined
  close(): Promise<void>
}

type WhenDone = (cleanup: () => Promise<void>) => void

/**
 * A server on loopback that speaks what Ollama and OpenAI-compatible servers speak, written from
 * https://github.com/ollama/ollama/blob/main/docs/api.md and https://platform.openai.com/docs/api-reference/embeddings.
 * It is closed when the test is over.
 */
export async function embeddingServer(
  options: EmbeddingServerOptions = {},
  whenDone: WhenDone = onTestFinished,
): Promise<EmbeddingServer> {
  const { dimensions = 768, models = ['nomic-embed-text:v1.5'], key, port = 0, silent = false } = options
  let running = 0
  let most = 0
  const state: Omit<EmbeddingServer, 'url' | 'most' | 'close'> = {
    asked: [],
    seen: [],
    models: new Set(models),
    misbehave: undefined,
  }

  const answerVectors = async (request: SeenRequest, response: ServerResponse): Promise<void> => {
    state.asked.push(request)
    most = Math.max(most, ++running)
    response.on('close', () => running--)
    const wrong = await state.misbehave?.(request, state.asked.length)
    if (wrong !== undefined && 'instead' in wrong) return misbehave(wrong.instead, response)
    if (wrong !== undefined && 'status' in wrong) return send(response, wrong.status, wrong.body ?? {}, wrong.headers)
    const right = (request.body.input ?? []).map((text) => fakeVector(text, dimensions))
    const vectors = wrong === undefined ? right : wrong.vectors(right)
    if (request.path === '/api/embed') return send(response, 200, ollamaAnswer(request, vectors))
    send(response, 200, openaiAnswer(request, vectors as number[][]))
  }

  const answer = async (request: SeenRequest, response: ServerResponse): Promise<void> => {
    state.seen.push(request)
    if (silent) return
    const { method, body, headers } = request
    const [path] = request.path.split('?')
    if (method === 'GET' && path === '/api/version') return send(response, 200, { version: '0.9.3' })
    if (method !== 'POST') return send(response, 404, '404 page not found')
    if (path === '/v1/embeddings' && key !== undefined && headers.authorization !== `Bearer ${key}`)
      return send(response, 401, { error: { message: `Incorrect API key provided: ${headers.authorization}.` } })
    if (!state.models.has(body.model ?? '')) return send(response, 404, noModel(request))
    if (path === '/api/show') return send(response, 200, { capabilities: ['embedding'], details: {}, model_info: {} })
    if (path === '/api/embed' || path === '/v1/embeddings') return await answerVectors(request, response)
    send(response, 404, '404 page not found')
  }

  const server = createServer((incoming, response) => {
    read(incoming).then(
      (request) => answer(request, response),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
    return closing
  }
  whenDone(close)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.defineProperties(state, {
    url: { value: url },
    close: { value: close },
    most: { get: () => most },
  }) as EmbeddingServer
}

async function read(incoming: IncomingMessage): Promise<SeenRequest> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part)
  const text = Buffer.concat(parts).toString('utf8')
  const { method = '', url = '', headers } = incoming
  return { method, path: url, headers, body: text === '' ? {} : JSON.parse(text) }
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function misbehave(instead: Instead, response: ServerResponse): void {
  const { socket } = response
  if (instead === 'reset') socket?.resetAndDestroy()
  if (instead === 'garbage') send(response, 200, '<html>Welcome to nginx!</html>')
  if (instead === 'nothing') send(response, 200, '')
  if (instead === 'endless') flood(response)
  if (instead !== 'half-close' && instead !== 'hang-in-body') return
  response.write('{"embeddings":[[0.1,')
  if (instead === 'half-close') socket?.end()
}

/** More and more, as long as it is taken. */
function flood(response: ServerResponse): void {
  const part = '0'.repeat(1024 * 1024)
  const more = (): void => {
    while (!response.destroyed && response.write(part));
  }
  response.on('drain', more)
  more()
}

function noModel({ path, body }: SeenRequest): unknown {
  const message = `model "${body.model}" not found, try pulling it first`
  return { error: path.startsWith('/v1/') ? { message, type: 'not_found_error' } : message }
}

function ollamaAnswer({ body }: SeenRequest, embeddings: unknown): unknown {
  return { model: body.model, embeddings, total_duration: 14143917, load_duration: 1019500, prompt_eval_count: 8 }
}

/** In another order than asked: what counts is the index. */
function openaiAnswer({ body }: SeenRequest, vectors: number[][]): unknown {
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }))
  return { object: 'list', data: data.reverse(), model: body.model, usage: { prompt_tokens: 8, total_tokens: 8 } }
}
