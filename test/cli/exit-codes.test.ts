import { describe, expect, it } from 'vitest'
import { exitCodeOf, exitCodes } from '../../src/cli/exit-codes.js'
import { CairnError, errorCodes } from '../../src/errors.js'

describe('the exit codes', () => {
  it('cover every error code and no other', () => {
    expect(Object.keys(exitCodes).sort()).toEqual([...errorCodes].sort())
  })

  it.each([
    ['not_found', 1],
    ['too_large', 2],
    ['forbidden', 3],
    ['conflict', 4],
    ['busy', 5],
    ['disk_full', 6],
    ['embedding_unavailable', 69],
    ['closed', 70],
  ] as const)('tell %s as %d', (code, exit) => {
    expect(exitCodeOf(new CairnError(code, 'x'))).toBe(exit)
  })

  it('tell anything unexpected as 70', () => {
    expect(exitCodeOf(new TypeError('x'))).toBe(70)
  })
})
