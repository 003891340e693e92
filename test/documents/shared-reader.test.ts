import { expect, it } from 'vitest'
import { readHere } from '../../src/documents/folder-reader.js'
import { SharedReader } from '../../src/documents/shared-reader.js'

it('a reader that could not be opened is tried again by whoever comes next', async () => {
  let tries = 0
  const shared = new SharedReader(async () => {
    if (++tries === 1) throw new Error('no thread')
    return readHere()
  })
  await expect(shared.use(async () => 1)).rejects.toThrow('no thread')
  expect(await shared.use(async () => 2)).toBe(2)
  await shared.close()
})
