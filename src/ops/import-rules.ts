import type { ImportRow, Verdict } from '../storage/interchange-store.js'

/** What became of the sessions and tasks of a file, where that bears on what belongs to them. */
export class Owners {
  readonly #verdicts = new Map<string, Verdict>()

  note(row: ImportRow, verdict: Verdict): void {
    if (verdict === 'added' || verdict === 'same') return
    if (row.record === 'session' || row.record === 'task') this.#verdicts.set(`${row.record} ${row.id}`, verdict)
  }

  /** Nothing is added to what is another session or task in the store, forks of it neither, nor state to a session that has gone on. */
  bar(row: ImportRow): boolean {
    if (row.record === 'session')
      return row.parent !== null && this.#verdicts.get(`session ${row.parent}`) === 'different'
    if (row.record === 'event' || row.record === 'operation')
      return this.#verdicts.get(`session ${row.session}`) === 'different'
    if (row.record === 'state') return row.scope === 'session' && this.#verdicts.has(`session ${row.owner}`)
    return row.record === 'dependency' && this.#verdicts.has(`task ${row.dependent}`)
  }
}
