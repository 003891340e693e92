/** Every way in which Cairn can refuse or fail. The list is closed: doors map each code to a status or an exit code. */
export const errorCodes = [
  'invalid_input',
  'not_found',
  'already_exists',
  'conflict',
  'forbidden',
  'illegal_transition',
  'immutable',
  'too_large',
  'busy',
  'closed',
  'read_only',
  'disk_full',
  'not_a_database',
  'corrupt',
  'schema_newer',
  'migration_failed',
  'unsupported_filesystem',
  'config_invalid',
  'embedding_unavailable',
  'cancelled',
  'internal',
] as const

/** Why something was refused or failed, for programs. */
export type ErrorCode = (typeof errorCodes)[number]

export interface ErrorOptions {
  /** What to do next, in one sentence. */
  hint?: string | undefined
  /** Facts for programs, such as the version that was found instead of the expected one. */
  details?: Record<string, unknown> | undefined
  cause?: unknown
}

/** The one error type. `message` says what happened, `hint` what to do about it. */
export class CairnError extends Error {
  override readonly name = 'CairnError'
  readonly code: ErrorCode
  // Declared only: a field would be there as undefined, and be printed with every error that has none.
  declare readonly hint?: string
  declare readonly details?: Record<string, unknown>

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    if (options.hint !== undefined) this.hint = options.hint
    if (options.details !== undefined) this.details = options.details
  }
}

/** An error as plain data: it crosses threads and doors. */
export interface Failure {
  code: ErrorCode
  message: string
  hint?: string | undefined
  details?: Record<string, unknown> | undefined
}

export function toFailure(error: unknown): Failure {
  if (error instanceof CairnError) {
    return { code: error.code, message: error.message, hint: error.hint, details: error.details }
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) }
}

export function fromFailure(failure: Failure, cause?: unknown): CairnError {
  return new CairnError(failure.code, failure.message, { hint: failure.hint, details: failure.details, cause })
}

/** Input that is refused before anything is looked up or stored. */
export function invalidInput(message: string, hint = 'Correct what is named here and call again.'): CairnError {
  return new CairnError('invalid_input', message, { hint })
}

/** What every call answers after `close`. */
export function closedStore(): CairnError {
  return new CairnError('closed', 'This store has been closed.', { hint: 'Open it again with openCairn().' })
}

/** What others say of an error has its full stop or not. */
export function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
