import { expect } from 'vitest'
import { CairnError, type ErrorCode } from '../../src/errors.js'

/** Waits for a promise to reject with a `CairnError` of this code, and returns it for a closer look. */
export async function refusal(promise: Promise<unknown>, code: ErrorCode): Promise<CairnError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => error,
  )
  if (!(outcome instanceof CairnError)) expect.fail(`expected to be refused as ${code}, but got ${show(outcome)}`)
  expect(outcome.code, outcome.message).toBe(code)
  return outcome
}

/** The same for code that throws. */
export function thrown(act: () => unknown, code: ErrorCode): CairnError {
  try {
    act()
  } catch (error) {
    if (!(error instanceof CairnError)) throw error
    expect(error.code, error.message).toBe(code)
    return error
  }
  return expect.fail(`expected to be refused as ${code}`)
}

function show(outcome: unknown): string {
  return outcome instanceof Error ? `${outcome.name}: ${outcome.message}` : JSON.stringify(outcome)
}
