import { CairnError } from '../errors.js'

/** What is wrong with a line of a file. */
export interface ImportProblem {
  line: number
  reason: string
}

const mostNamed = 1000

/** The bad lines of a file: the first thousand by name, all of them by number. */
export class ImportProblems {
  readonly #named: ImportProblem[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  add(line: number, reason: string): void {
    this.#count++
    if (this.#named.length < mostNamed) this.#named.push({ line, reason })
  }

  /** `invalid_input` with all of them, unless there are none. */
  refuseAny(): void {
    if (this.#count === 0) return
    const problems = this.#named.sort((a, b) => a.line - b.line)
    const shown = problems.slice(0, 3).map(({ line, reason }) => `line ${line}: ${reason}`)
    const more = this.#count > shown.length ? `; and ${this.#count - shown.length} more` : ''
    throw new CairnError('invalid_input', `The file is not what it should be: ${shown.join('; ')}${more}.`, {
      hint: 'Nothing was imported. Correct these lines, or export the data again.',
      details: { count: this.#count, problems },
    })
  }
}
