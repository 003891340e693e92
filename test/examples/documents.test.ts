import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { actDocuments } from '../../examples/demo/acts/documents.mjs'
import { createMeter } from '../../examples/demo/meter.mjs'
import { createStage } from '../../examples/demo/stage.mjs'
import { widthOf } from '../../examples/demo/text-width.mjs'
import type { Cairn } from '../../src/index.js'
import { openCairn } from '../../src/open.js'
import { makeFolder } from './run-demo.js'

// As in demo.test.ts.
vi.setConfig({ testTimeout: 120_000 })

/** The act alone. Returns what it printed, and the pages that it asked. */
async function play({
  columns = 90,
  questions,
  onSync,
}: {
  columns?: number
  questions?: { text: string; page: string }[]
  onSync?: (folder: string) => void
} = {}): Promise<{ text: string; pages: string }> {
  const file = join(makeFolder(), 'demo.db')
  const cairn = await openCairn(file)
  onTestFinished(async () => {
    process.exitCode = undefined
    await cairn.close()
  })
  const parts: string[] = []
  const stream = { columns, isTTY: false, write: (part: string) => void parts.push(part) }
  const stage = createStage({ stream, environment: { NO_COLOR: '1' }, fast: true })
  const sync: Cairn['documents']['sync'] = async (folders, options) => {
    const report = await cairn.documents.sync(folders, options)
    onSync?.(String(folders))
    return report
  }
  const { documents } = cairn
  const watched = { status: () => documents.status(), get: (path: string) => documents.get(path), sync }
  const shown = { search: cairn.search.bind(cairn), documents: watched }
  await actDocuments({ cairn: shown, file, stage, meter: createMeter() }, questions && { questions })
  return { text: parts.join(''), pages: join(file, '..', 'pages') }
}

describe('the act about documents', () => {
  it.each([60, 90, 120])('answers from the pages of this project, in %d columns', async (columns) => {
    const { text, pages } = await play({ columns })
    expect(process.exitCode).toBeUndefined()
    expect(text).toMatch(/\d+ pages, \d+ sections, indexed in [\d.]+ s\n/)
    expect(text.match(/^ {3}✓ {2}\S.* lines \d+–\d+$/gm)).toHaveLength(5)
    expect(text).toMatch(/✓ {2}The command line › Exit codes {2}.*lines \d+–\d+\n/)
    expect(text).toMatch(/1\s+changed, 1\d\s+unchanged/)
    expect(text).toMatch(/✓ {2}Tasks and agents › House rules .*\n {6}## House rules Workers rest on Sundays\.\n/)
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns)
    expect(readFileSync(join(pages, 'docs/tasks.md'), 'utf8')).toContain('Workers rest')
    expect(readFileSync('docs/tasks.md', 'utf8')).not.toContain('Workers rest')
  })

  it('fails when a page is not the first hit', async () => {
    const { text } = await play({
      questions: [{ text: 'Which exit code does an absent key have?', page: 'README.md' }],
    })
    expect(text).toContain('✗  README.md should be the first')
    expect(text).toContain('1 answer not as expected.')
    expect(process.exitCode).toBe(1)
  })

  it('fails when the sync reads more than the page that was edited', async () => {
    const { text } = await play({
      questions: [],
      onSync: (folder) => appendFileSync(join(folder, 'docs/search.md'), '\nMore.\n'),
    })
    expect(text).toContain('2 changed')
    expect(process.exitCode).toBe(1)
  })
})
