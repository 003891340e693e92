import { asSentence, CairnError } from '../errors.js'
import { embeddingCancelled, embeddingFailure, type Fault } from './embedding-failure.js'

export interface JsonRequest {
  url: string
  /** Sent with POST; without one it is a GET. */
  body?: unknown
  /** Sent as the bearer's token; appears in no message. */
  key?: string | undefined
  /** For all of it, the body of the answer included. */
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** What to do when nothing answers. */
  unreachableHint?: string
}

/** The vectors of a large batch are some megabytes; what is larger than this is something else. */
const mostBytes = 64 * 1024 * 1024

/** Asks a server and returns what it answers, parsed. Rejects with `embedding_unavailable`, or `cancelled`. */
export async function requestJson(request: JsonRequest): Promise<unknown> {
  const deadline = AbortSignal.timeout(request.timeoutMs)
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  deadline.addEventListener('abort', abort, { once: true })
  request.signal?.addEventListener('abort', abort, { once: true })
  try {
    if (request.signal?.aborted) throw embeddingCancelled()
    const { status, headers, text } = await exchange(request, stop.signal)
    if (status < 200 || status > 299) throw statusFailure(request, status, headers, text)
    return parseAnswer(request, text)
  } catch (error) {
    if (request.signal?.aborted) throw embeddingCancelled()
    if (error instanceof CairnError) throw error
    throw deadline.aborted ? tooSlow(request) : unreachable(request, error)
  } finally {
    // The caller's signal may live as long as the process.
    request.signal?.removeEventListener('abort', abort)
    deadline.removeEventListener('abort', abort)
    stop.abort()
  }
}

interface Answer {
  status: number
  headers: Headers
  text: string
}

async function exchange(request: JsonRequest, signal: AbortSignal): Promise<Answer> {
  const { url, body, key } = request
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    // Texts are sent to the server that was chosen, and to no other.
    redirect: 'manual',
    signal,
  })
  return { status: response.status, headers: response.headers, text: await readBody(request, response) }
}

async function readBody(request: JsonRequest, response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    parts.push(part)
    bytes += part.length
    if (bytes > mostBytes)
      throw embeddingFailure('server', `${placeOf(request)} answered with more than ${mostBytes} bytes.`)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parseAnswer(request: JsonRequest, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw embeddingFailure(
      'unclear',
      `${placeOf(request)} answered with something that is not JSON: ${excerpt(text, request, 60)}`,
    )
  }
}

function statusFailure(request: JsonRequest, status: number, headers: Headers, text: string): CairnError {
  const target = headers.get('location')
  if (status >= 300 && status < 400)
    return embeddingFailure(
      'setup',
      `${placeOf(request)} sends requests on${target === null ? '' : ` to ${excerpt(target, request)}`}.`,
      {
        status,
        hint: 'Set embedder.url to the server itself.',
      },
    )
  // What a server says about a key may repeat the key.
  const aboutKey = status === 401 || status === 403
  const reason = aboutKey ? (request.key ? 'it refuses the key' : 'it wants a key') : reasonIn(text, request)
  return embeddingFailure(
    faultOfStatus(status),
    `${placeOf(request)} answered with status ${status}: ${asSentence(reason)}`,
    {
      status,
      retryAfterMs: retryAfter(headers.get('retry-after')),
      ...(aboutKey && { hint: 'Put the key into the environment variable that embedder.apiKeyEnv names.' }),
    },
  )
}

function faultOfStatus(status: number): Fault {
  if (status === 400 || status === 413 || status === 422) return 'texts'
  if (status === 500) return 'unclear'
  return status > 500 || status === 408 || status === 425 || status === 429 ? 'server' : 'setup'
}

/** Both protocols have their reason under `error`; the one as a text, the other as an object with a `message`. */
function reasonIn(text: string, request: JsonRequest): string {
  try {
    const { error } = JSON.parse(text)
    return excerpt(typeof error === 'string' ? error : error.message, request)
  } catch {
    return excerpt(text, request)
  }
}

/** The beginning on one line: servers answer with whole pages, or repeat what they were sent. */
function excerpt(text: unknown, request: JsonRequest, most = 200): string {
  const line = secretsOf(request)
    .reduce((told, secret) => told.replaceAll(secret, '(the key)'), String(text))
    .slice(0, 1_000)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  if (line === '') return 'nothing'
  return line.length > most ? `${line.slice(0, most)}…` : line
}

/** The key, and what may be one in the address; a version in it is what a server may complain of. */
function secretsOf({ url, key }: JsonRequest): string[] {
  const parts = new URL(url).search.slice(1).split('&')
  const rest = parts.filter((part) => !part.startsWith('api-version='))
  const asWritten = rest.map((part) => part.slice(part.indexOf('=') + 1))
  const values = [...asWritten, ...new URLSearchParams(rest.join('&')).values()]
  return [...(key === undefined ? [] : [key]), ...values.filter(({ length }) => length >= 8)]
}

/** Seconds, or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  const millis = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(millis) ? Math.max(0, millis) : undefined
}

function tooSlow(request: JsonRequest): CairnError {
  return embeddingFailure('server', `${placeOf(request)} did not answer within ${request.timeoutMs / 1000} s.`)
}

/** What is said of a connection that was there. */
const broken = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']

function unreachable(request: JsonRequest, error: unknown): CairnError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  if (code !== undefined && broken.includes(code)) {
    const message = `${placeOf(request)} closed the connection before it had answered (${code}).`
    // It may have fallen over the texts.
    return embeddingFailure('unclear', message, { cutOff: true, cause: error })
  }
  const message = `${placeOf(request)} cannot be reached: ${code ?? (cause instanceof Error ? cause.message : cause)}.`
  return embeddingFailure('server', message, { cause: error, hint: request.unreachableHint })
}

function placeOf({ url }: JsonRequest): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
