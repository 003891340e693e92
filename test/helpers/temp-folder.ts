import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/**
 * A folder for the tests of a file or of a `describe`, made when the first path is asked for and removed after them.
 * Returns paths inside it: of a store of its own by default, or of the name given.
 */
export function useTempFolder(): (name?: string) => string {
  let folder: string | undefined
  let count = 0
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    folder = undefined
  })
  return (name) => {
    folder ??= mkdtempSync(join(tmpdir(), 'cairn-test-'))
    return join(folder, name ?? `store-${++count}.db`)
  }
}
