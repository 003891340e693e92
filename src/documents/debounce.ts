/** Many touches as one: it is due when none has come for a while, or when the first was long ago. */
export class Debounce {
  readonly #quietMillis: number
  readonly #longestMillis: number
  #timer: NodeJS.Timeout | undefined
  #first: number | undefined
  #due = false
  #wake: (() => void) | undefined

  constructor(quietMillis: number, longestMillis: number) {
    this.#quietMillis = quietMillis
    this.#longestMillis = longestMillis
  }

  touch(): void {
    const now = performance.now()
    this.#first ??= now
    const left = this.#longestMillis - (now - this.#first)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ring(), Math.max(0, Math.min(this.#quietMillis, left)))
  }

  /** Waits until it is due, once for all touches so far; false when the signal ends the waiting. */
  async next(signal: AbortSignal): Promise<boolean> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake = wake
      signal.addEventListener('abort', wake)
      if (this.#due || signal.aborted) wake()
    })
    this.#wake = undefined
    this.#due = false
    return !signal.aborted
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #ring(): void {
    this.#first = undefined
    this.#due = true
    this.#wake?.()
  }
}
