import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ThreadReader } from '../../src/documents/thread-reader.js'
import { refusal } from '../helpers/refusal.js'
import { makeDocuments } from './folders.js'

function open(megabytes?: number): ThreadReader {
  const reader = new ThreadReader(megabytes === undefined ? undefined : { maxOldGenerationSizeMb: megabytes })
  onTestFinished(() => reader.close())
  return reader
}

const input = (folder: string, path: string) => ({ file: join(folder, path), path, maxBytes: 100_000_000 })

it('gives up the file of which the thread dies, and goes on with the others', async () => {
  const table = `|a|b|\n|-|-|\n${'|1|2|\n'.repeat(400_000)}`
  const folder = makeDocuments({ 'a.md': 'alpha', 'table.md': table, 'b.md': 'beta' })
  const reader = open(100)
  const paths = ['a.md', 'table.md', 'b.md', 'a.md']
  const [first, poison, ...others] = await Promise.all(paths.map((path) => reader.read(input(folder, path))))
  expect(first).toMatchObject({ document: { title: 'a' } })
  expect(poison).toEqual({
    reason: expect.stringContaining('could not be cut into chunks: Worker terminated due to reaching memory limit'),
  })
  expect(others).toMatchObject([{ document: { title: 'b' } }, { document: { title: 'a' } }])
  expect(await reader.walk({ folder })).toMatchObject({ files: { length: 3 } })
}, 60_000)

it('lets go of those who wait when it is closed', async () => {
  const folder = makeDocuments({ 'a.md': 'alpha' })
  const reader = open()
  const reading = reader.read(input(folder, 'a.md'))
  const walking = reader.walk({ folder })
  const refused = [refusal(reading, 'closed'), refusal(walking, 'closed')]
  await reader.close()
  await Promise.all(refused)
})

it('says what went wrong in the thread', async () => {
  const error = await refusal(open().walk({ folder: '\0' }), 'internal')
  expect(error.message).toContain('null bytes')
})
