import type { Readable } from 'node:stream'
import pc from 'picocolors'

/** All that a command sees of the world, so that tests can stand in for it. */
export interface Io {
  stdout: { write(text: string): unknown }
  stderr: { write(text: string): unknown }
  stdin?: Readable
  env: Record<string, string | undefined>
  cwd: string
  /** Width of the terminal; 80 when unknown. */
  columns?: number | undefined
  /** Whether a person looks at stdout. */
  isTTY: boolean
  /** Whether a person looks at stderr. Like `isTTY` when left out. */
  errorIsTTY?: boolean
  /**
   * Resolves when somebody wants the command to end, as with Ctrl-C, or nobody reads what it writes. Asked for only by
   * commands that go on by themselves.
   */
  untilStopped?: () => Promise<void>
}

export type Colors = ReturnType<typeof pc.createColors>

/** Colours on a terminal that wants them. NO_COLOR wins over FORCE_COLOR (see no-color.org and force-color.org). */
export function colorsFor(isTTY: boolean, env: Io['env']): Colors {
  const forced = (env.FORCE_COLOR ?? '') !== '' && env.FORCE_COLOR !== '0'
  const wanted = (env.NO_COLOR ?? '') === '' && (forced || (isTTY && env.TERM !== 'dumb'))
  return pc.createColors(wanted)
}

/** Width to write for. A terminal tells its own; COLUMNS is for pipes and tests. */
export function columnsOf(columns: number | undefined, env: Io['env']): number {
  const named = Number(env.COLUMNS)
  const width = columns ?? (Number.isInteger(named) && named > 0 ? named : 80)
  return Math.max(20, width)
}
