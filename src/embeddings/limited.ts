import { setTimeout as wait } from 'node:timers/promises'
import { AskedPause } from './asked-pause.js'
import { CircuitBreaker, type Health, type Settle } from './circuit-breaker.js'
import type { EmbedKind, EmbedOptions } from './embedder.js'
import {
  asksForPause,
  embeddingCancelled,
  embeddingFailure,
  faultOf,
  retryAfterOf,
  wasPaused,
} from './embedding-failure.js'
import { RequestSlots } from './request-slots.js'

/** One request to a model. With `probe`, the text is known to be harmless: a failure is the server's. */
export type VectorRequest = (
  texts: readonly string[],
  options: EmbedOptions & { probe?: boolean },
) => Promise<readonly unknown[]>

export interface Limits {
  /** Requests at once; documents leave one of them to queries. */
  requests: number
  /** How often a request is made until it is given up. Whoever waits for a query has words to search by meanwhile. */
  attempts: Record<EmbedKind, number>
  /** The pause after the first failure in milliseconds, twice as long after each further one; and half to all of it. */
  pauseMs: Record<EmbedKind, number>
  /** A server that wants a longer pause than this gets it from whoever asks, who is told. */
  mostPauseMs: Record<EmbedKind, number>
  breaker: { failures: number; openMs: number; mostOpenMs: number }
  /** How many pauses in a row a server may ask for that gets too many requests, while it takes none. */
  askedPauses: number
  now: () => number
  random: () => number
  /** Unless `ref` is false, it keeps the process alive. */
  sleep: (millis: number, signal?: AbortSignal, ref?: boolean) => Promise<void>
}

export const usualLimits: Limits = {
  requests: 5,
  attempts: { document: 4, query: 2 },
  pauseMs: { document: 500, query: 100 },
  mostPauseMs: { document: 10_000, query: 1_000 },
  breaker: { failures: 5, openMs: 5_000, mostOpenMs: 60_000 },
  askedPauses: 8,
  now: Date.now,
  random: Math.random,
  sleep: (millis, signal, ref = true) => wait(millis, undefined, { ref, ...(signal && { signal }) }),
}

/** The same requests, a few at once, tried again when that may help, and none to a server that is known not to answer. */
export function limited(request: VectorRequest, given: Partial<Limits> = {}): VectorRequest {
  const limits = { ...usualLimits, ...given }
  const slots = new RequestSlots(limits.requests)
  const breaker = new CircuitBreaker({ ...limits.breaker, now: limits.now })
  const sleep: Limits['sleep'] = (millis, signal, ref) =>
    limits.sleep(millis, signal, ref).catch(() => {
      throw embeddingCancelled()
    })
  const asked = new AskedPause({
    firstMs: limits.pauseMs.document,
    mostMs: limits.breaker.mostOpenMs,
    mostInVain: limits.askedPauses,
    ...{ now: limits.now, random: limits.random },
    // A program that has nothing else to do does not wait for minutes.
    sleep: (millis, signal) => sleep(millis, signal, false),
  })

  /** Takes a place; for those who wait for the end of a pause, one that is still there when it is over. */
  const enter = async (options: EmbedOptions): Promise<() => void> => {
    for (;;) {
      if (isPatient(options)) await asked.isOver(options.signal)
      const leave = await slots.take(options.kind, options.signal)
      if (!isPatient(options) || !asked.isOn) return leave
      leave()
    }
  }

  const once: VectorRequest = async (texts, options) => {
    const leave = await enter(options)
    try {
      const ask = () => oneEach(request, texts, options)
      const vectors = await observed(breaker.enter(), options.probe ?? false, ask)
      if (isPatient(options)) asked.gotThrough()
      return vectors
    } catch (error) {
      // Before the next one gets this place.
      if (asksForPause(error)) asked[isPatient(options) ? 'begin' : 'extend'](retryAfterOf(error) ?? 0)
      throw error
    } finally {
      leave()
    }
  }

  return async (texts, options) => {
    const attempts = options.probe ? 1 : limits.attempts[options.kind]
    for (let attempt = 1; ; ) {
      try {
        return await once(texts, options)
      } catch (error) {
        const mayWait = asksForPause(error) && isPatient(options)
        if (mayWait && !asked.isInVain) continue
        const pause = mayWait ? undefined : pauseAfter(error, attempt, options.kind, limits)
        if (attempt >= attempts || pause === undefined) throw error
        attempt++
        await sleep(pause, options.signal)
      }
    }
  }
}

/** Whoever searches has words to search by; everybody else wants vectors, however late. */
function isPatient({ kind, patient = kind === 'document' }: EmbedOptions): boolean {
  return patient
}

async function oneEach(
  request: VectorRequest,
  ...[texts, options]: Parameters<VectorRequest>
): Promise<readonly unknown[]> {
  const vectors: unknown = await request(texts, options)
  if (!Array.isArray(vectors)) throw embeddingFailure('unclear', 'The model answered with no list of vectors.')
  if (vectors.length === texts.length) return vectors
  throw embeddingFailure(
    'unclear',
    `The model answered with ${vectors.length} vectors where ${texts.length} were asked for.`,
  )
}

/** Runs a request and tells the breaker what it says of the server. */
async function observed<T>(settle: Settle, probe: boolean, run: () => Promise<T>): Promise<T> {
  try {
    const result = await run()
    settle('up')
    return result
  } catch (error) {
    settle(healthAfter(error, probe), error instanceof Error ? error.message : undefined, retryAfterOf(error))
    throw error
  }
}

function healthAfter(error: unknown, probe: boolean): Health {
  const fault = faultOf(error)
  if (fault === undefined) return 'unknown'
  if (asksForPause(error)) return 'up'
  if (fault === 'unclear') return probe ? 'down' : 'unknown'
  return fault === 'server' ? 'down' : 'up'
}

/** How long to wait before trying again, in milliseconds; undefined where that does not help. */
function pauseAfter(error: unknown, attempt: number, kind: EmbedKind, limits: Limits): number | undefined {
  const fault = faultOf(error)
  if ((fault !== 'server' && fault !== 'unclear') || wasPaused(error)) return undefined
  // If it is the texts, they are tried one by one after this.
  if (fault === 'unclear' && attempt > 1) return undefined
  const longest = limits.pauseMs[kind] * 2 ** (attempt - 1)
  const pause = Math.max(longest * (0.5 + limits.random() / 2), retryAfterOf(error) ?? 0)
  return pause > limits.mostPauseMs[kind] ? undefined : pause
}
