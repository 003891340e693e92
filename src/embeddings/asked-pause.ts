interface AskedPauseOptions {
  /** The first one, in milliseconds, where the server does not say how long; twice as long after each that was in vain. */
  firstMs: number
  mostMs: number
  /** So many in a row that brought nothing through are enough. */
  mostInVain: number
  now: () => number
  random: () => number
  sleep: (millis: number, signal?: AbortSignal) => Promise<void>
}

/** The pause that a server asks for when it gets too many requests: one for all who can wait. */
export class AskedPause {
  readonly #options: AskedPauseOptions
  #until = 0
  /** Pauses since something got through. */
  #inRow = 0

  constructor(options: AskedPauseOptions) {
    this.#options = options
  }

  get isOn(): boolean {
    return this.#left() > 0
  }

  /** Whether it is of no use to wait for the end of this one as well. */
  get isInVain(): boolean {
    return this.#inRow > this.#options.mostInVain
  }

  async isOver(signal?: AbortSignal): Promise<void> {
    while (this.isOn) await this.#options.sleep(this.#left(), signal)
  }

  /** For one who waited and was refused. Requests that were under way together are refused together: that is one pause. */
  begin(askedMs = 0): void {
    const { firstMs, mostMs, random, now } = this.#options
    if (!this.isOn) this.#inRow = now() - this.#until > mostMs ? 1 : this.#inRow + 1
    const usual = firstMs * 2 ** (this.#inRow - 1) * (0.5 + random() / 2)
    this.extend(Math.max(usual, askedMs))
  }

  extend(millis: number): void {
    const { mostMs, now } = this.#options
    this.#until = Math.max(this.#until, now() + Math.min(mostMs, millis))
  }

  gotThrough(): void {
    this.#inRow = 0
  }

  #left(): number {
    return this.#until - this.#options.now()
  }
}
