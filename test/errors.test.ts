import { describe, expect, it } from 'vitest'
import { CairnError, errorCodes, fromFailure, invalidInput, toFailure } from '../src/errors.js'

describe('an error', () => {
  it('says what happened, what to do, and what is behind it', () => {
    const cause = new Error('disk')
    const error = new CairnError('busy', 'It is busy.', { hint: 'Wait.', details: { n: 1 }, cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'CairnError',
      code: 'busy',
      message: 'It is busy.',
      hint: 'Wait.',
      details: { n: 1 },
    })
    expect(error.cause).toBe(cause)
    expect(String(error)).toBe('CairnError: It is busy.')
  })

  it('has no empty fields', () => {
    const error = new CairnError('closed', 'Closed.', { hint: undefined })
    expect('hint' in error || 'details' in error || 'cause' in error).toBe(false)
    expect(invalidInput('Bad.')).toMatchObject({ code: 'invalid_input', message: 'Bad.' })
    expect(invalidInput('Bad.', 'Good.').hint).toBe('Good.')
  })

  it('crosses threads as plain data and comes back as itself', () => {
    const error = new CairnError('conflict', 'Stale.', { hint: 'Again.', details: { version: 2 } })
    const back = fromFailure(structuredClone(toFailure(error)))
    expect(back).toBeInstanceOf(CairnError)
    expect(back).toMatchObject({ code: 'conflict', message: 'Stale.', hint: 'Again.', details: { version: 2 } })
    const cause = new Error('why')
    expect(fromFailure({ code: 'internal', message: 'x' }, cause).cause).toBe(cause)
  })

  it('of somebody else is internal', () => {
    expect(toFailure(new TypeError('oops'))).toEqual({ code: 'internal', message: 'oops' })
    expect(toFailure('thrown text')).toEqual({ code: 'internal', message: 'thrown text' })
  })

  it('has one of a closed list of codes', () => {
    expect(new Set(errorCodes).size).toBe(errorCodes.length)
    expect([...errorCodes].sort()).toEqual([
      'already_exists',
      'busy',
      'cancelled',
      'closed',
      'config_invalid',
      'conflict',
      'corrupt',
      'disk_full',
      'embedding_unavailable',
      'forbidden',
      'illegal_transition',
      'immutable',
      'internal',
      'invalid_input',
      'migration_failed',
      'not_a_database',
      'not_found',
      'read_only',
      'schema_newer',
      'too_large',
      'unsupported_filesystem',
    ])
  })
})
