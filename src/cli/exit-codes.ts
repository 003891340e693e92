import { CairnError, type ErrorCode } from '../errors.js'

/** The exit code of each way to fail. A new error code does not compile before it has one. */
export const exitCodes = {
  not_found: 1,
  already_exists: 1,
  illegal_transition: 1,
  immutable: 1,
  invalid_input: 2,
  config_invalid: 2,
  too_large: 2,
  forbidden: 3,
  conflict: 4,
  busy: 5,
  read_only: 6,
  disk_full: 6,
  not_a_database: 6,
  corrupt: 6,
  schema_newer: 6,
  migration_failed: 6,
  unsupported_filesystem: 6,
  embedding_unavailable: 69,
  closed: 70,
  cancelled: 70,
  internal: 70,
} as const satisfies Record<ErrorCode, number>

export function exitCodeOf(error: unknown): number {
  return error instanceof CairnError ? exitCodes[error.code] : exitCodes.internal
}
