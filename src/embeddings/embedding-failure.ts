import { CairnError } from '../errors.js'

/**
 * Who is at fault when there are no vectors. `server`: it is gone, slow or busy, and waiting helps. `texts`: it does not
 * take what it was sent. `unclear`: it stumbled, and only another text can tell whether over this one. `setup`: a person
 * has to do something.
 */
export type Fault = 'server' | 'texts' | 'unclear' | 'setup'

interface FailureOptions {
  hint?: string | undefined
  status?: number
  retryAfterMs?: number | undefined
  /** Whether the request was not made at all, to spare the server. */
  paused?: true
  /** Whether the connection broke: of a text that went over it nothing is known, however often that happens. */
  cutOff?: true
  cause?: unknown
}

export function embeddingFailure(fault: Fault, message: string, options: FailureOptions = {}): CairnError {
  const { hint = hints[fault], status, retryAfterMs, paused, cutOff, cause } = options
  const details = {
    fault,
    retryable: fault === 'server' || fault === 'unclear',
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(paused && { paused }),
    ...(cutOff && { cutOff }),
  }
  return new CairnError('embedding_unavailable', message, { hint, details, cause })
}

export const hints: Record<Fault, string> = {
  server:
    'Nothing is lost: what waits is embedded when the model is there again. `cairn embeddings setup` looks for it.',
  texts: 'Send other texts.',
  unclear: 'See what the model’s server says in its log, or what the embedder does that was given.',
  setup: 'Run `cairn embeddings setup`.',
}

/** Where even a harmless text is not taken. */
export const takesNoText = 'See what the server says, and whether the model is one for embeddings.'

/** Who is at fault, undefined for errors that are not about embedding, such as a cancellation. */
export function faultOf(error: unknown): Fault | undefined {
  if (!(error instanceof CairnError) || error.code !== 'embedding_unavailable') return undefined
  const fault = error.details?.fault
  if (typeof fault === 'string' && Object.hasOwn(hints, fault)) return fault as Fault
  return error.details?.retryable === false ? 'setup' : 'server'
}

/** How long the server wants to be left alone, in milliseconds. */
export function retryAfterOf(error: unknown): number | undefined {
  const wait = error instanceof CairnError ? error.details?.retryAfterMs : undefined
  return typeof wait === 'number' ? wait : undefined
}

/** Whether it is the answer of a server that gets too many requests: it is there, and wants a pause. */
export function asksForPause(error: unknown): boolean {
  return faultOf(error) === 'server' && error instanceof CairnError && error.details?.status === 429
}

export function wasPaused(error: unknown): boolean {
  return error instanceof CairnError && error.details?.paused === true
}

export function wasCutOff(error: unknown): boolean {
  return error instanceof CairnError && error.details?.cutOff === true
}

export function embeddingCancelled(): CairnError {
  return new CairnError('cancelled', 'The embedding was cancelled.')
}
