import { createRequire } from 'node:module'
import type { SingleBar } from 'cli-progress'
import type { Io } from './io.js'

const require = createRequire(import.meta.url)

const quickMillis = 1000

/** A bar on stderr, for people at a terminal and for work that takes longer than a second. */
export class Progress {
  readonly #io: Io
  readonly #started: number
  readonly #clock: () => number
  #bar: SingleBar | undefined

  constructor(io: Io, clock: () => number = () => performance.now()) {
    this.#io = io
    this.#clock = clock
    this.#started = clock()
  }

  /** `share` is how much is done, from 0 to 1. */
  update(share: number, doing: string): void {
    const isTTY = this.#io.errorIsTTY ?? this.#io.isTTY
    if (!isTTY || this.#clock() - this.#started < quickMillis) return
    const value = Math.min(100, Math.floor(share * 100))
    if (this.#bar === undefined) {
      this.#bar = makeBar(this.#io)
      this.#bar.start(100, value, { doing })
    } else this.#bar.update(value, { doing })
  }

  /** Leaves nothing behind. */
  end(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}

/** Loads the bar when there is something to show: few commands take that long. */
function makeBar({ stderr, columns }: Io): SingleBar {
  const { SingleBar } = require('cli-progress') as typeof import('cli-progress')
  const stream = { isTTY: true, columns, write: (text: string) => stderr.write(text) }
  return new SingleBar({
    format: '{bar} {percentage} % {doing}',
    barsize: 24,
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    clearOnComplete: true,
    // A terminal whose lines do not wrap, or whose cursor is hidden, would stay so if the process is killed.
    linewrap: true,
    hideCursor: false,
    // Its listener would keep Ctrl-C from ending the process.
    gracefulExit: false,
    stream: stream as unknown as NodeJS.WritableStream,
  })
}
