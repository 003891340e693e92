import type { EmbedKind } from './embedder.js'
import { embeddingCancelled } from './embedding-failure.js'

interface Waiting {
  kind: EmbedKind
  start: () => void
}

/**
 * So many requests at once, and no more. One place is kept for queries: whoever searches must not wait until a queue of
 * documents is through.
 */
export class RequestSlots {
  readonly #most: number
  readonly #running = { document: 0, query: 0 }
  #waiting: Waiting[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** Waits for a place; call what it returns when the request is over. */
  take(kind: EmbedKind, signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(embeddingCancelled())
      const waiting: Waiting = {
        kind,
        start: () => {
          signal?.removeEventListener('abort', cancel)
          this.#running[kind]++
          resolve(() => this.#leave(kind))
        },
      }
      const cancel = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        reject(embeddingCancelled())
      }
      signal?.addEventListener('abort', cancel, { once: true })
      this.#waiting.push(waiting)
      this.#startNext()
    })
  }

  #leave(kind: EmbedKind): void {
    this.#running[kind]--
    this.#startNext()
  }

  #startNext(): void {
    const next =
      this.#waiting.find(({ kind }) => kind === 'query') ?? this.#waiting.find(({ kind }) => kind === 'document')
    if (next === undefined || !this.#hasRoom(next.kind)) return
    this.#waiting = this.#waiting.filter((other) => other !== next)
    next.start()
  }

  #hasRoom(kind: EmbedKind): boolean {
    const { document, query } = this.#running
    return document + query < this.#most && (kind === 'query' || document < Math.max(1, this.#most - 1))
  }
}
