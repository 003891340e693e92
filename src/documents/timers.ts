/** What is done now and then, all of which ends at once. `onError` is told what fails; it is tried again at its time. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Gives what stops it. */
  every(millis: number, work: () => unknown): () => void {
    const run = async (): Promise<void> => {
      try {
        await work()
      } catch (error) {
        this.#onError(error)
      }
    }
    const timer = setInterval(() => void run(), millis)
    this.#running.add(timer)
    return () => {
      clearInterval(timer)
      this.#running.delete(timer)
    }
  }

  end(): void {
    for (const timer of this.#running) clearInterval(timer)
    this.#running.clear()
  }
}
