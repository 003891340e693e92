import type { Database } from 'better-sqlite3'
import type { ErrorCode, Failure } from '../../errors.js'

/** The answer of an operation that decided, before its first write, not to write. */
export interface Refusal {
  refused: Failure
}

/**
 * A write: a plain function inside a transaction that somebody else begins and commits. It reads first, refuses or
 * writes, and takes times and ids as input so that it can be repeated when its group is rolled back.
 */
export type WriteOperation<Input = never, Output = unknown> = (db: Database, input: Input) => Output | Refusal

/** A read: a plain function that sees one snapshot. */
export type ReadQuery<Input = never, Output = unknown> = (db: Database, input: Input) => Output

export function refuse(code: ErrorCode, message: string, options: Omit<Failure, 'code' | 'message'> = {}): Refusal {
  return { refused: { code, message, ...options } }
}

export function isRefusal(result: unknown): result is Refusal {
  return typeof result === 'object' && result !== null && 'refused' in result
}
