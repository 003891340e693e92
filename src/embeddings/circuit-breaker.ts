import { embeddingFailure } from './embedding-failure.js'

interface BreakerOptions {
  /** Failures in a row that open it. */
  failures: number
  /** How long it stays open at first, in milliseconds; twice as long after each trial that failed. */
  openMs: number
  mostOpenMs: number
  now: () => number
}

/** What a request tells of its server: it answers, it does not, or neither. */
export type Health = 'up' | 'down' | 'unknown'

/** To be called once, with what the request told; on `down` with why, and how long the server wants to be left alone. */
export type Settle = (health: Health, reason?: string, retryAfterMs?: number) => void

/**
 * Spares a server that does not answer, and those who ask it: after some failures in a row all requests are refused for a
 * while, then a single one is let through to try.
 */
export class CircuitBreaker {
  readonly #options: BreakerOptions
  #failures = 0
  #openUntil: number | undefined
  #nextOpenMs: number
  #trying = false
  #reason = ''

  constructor(options: BreakerOptions) {
    this.#options = options
    this.#nextOpenMs = options.openMs
  }

  /** Lets a request through, or throws `embedding_unavailable`. */
  enter(): Settle {
    if (this.#openUntil === undefined) return (...told) => this.#settle(false, ...told)
    const left = this.#openUntil - this.#options.now()
    if (left > 0 || this.#trying) throw this.#refusal(Math.max(left, 0))
    this.#trying = true
    return (...told) => this.#settle(true, ...told)
  }

  #settle(trial: boolean, health: Health, reason = '', retryAfterMs = 0): void {
    if (trial) this.#trying = false
    if (health === 'up') this.#close()
    if (health !== 'down') return
    this.#failures++
    // Requests that were on their way when it opened say nothing new.
    if (!trial && (this.#openUntil !== undefined || this.#failures < this.#options.failures)) return
    this.#reason = reason
    const { now, mostOpenMs } = this.#options
    // A server may ask for an hour, or by mistake for years: one request a minute does it no harm.
    this.#openUntil = now() + Math.min(mostOpenMs, Math.max(this.#nextOpenMs, retryAfterMs))
    this.#nextOpenMs = Math.min(this.#nextOpenMs * 2, mostOpenMs)
  }

  #close(): void {
    this.#failures = 0
    this.#openUntil = undefined
    this.#nextOpenMs = this.#options.openMs
  }

  #refusal(left: number): Error {
    const wait = left === 0 ? 'A request tries it now' : `It is tried again in ${Math.ceil(left / 1000)} s`
    return embeddingFailure(
      'server',
      `The model did not answer ${this.#failures} times in a row. ${wait}. ${this.#reason}`,
      {
        retryAfterMs: left,
        paused: true,
      },
    )
  }
}
