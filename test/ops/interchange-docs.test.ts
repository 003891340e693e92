import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recordKinds, recordSchemas } from '../../src/ops/interchange.js'
import { openStore } from '../store.js'
import { exported, recordsOf } from './full-store.js'

const page = readFileSync(resolve('docs/interchange.md'), 'utf8')
const [, sample = ''] = /^```jsonl\n(.*?)^```/ms.exec(page) ?? []

describe('docs/interchange.md', () => {
  it('has a file that comes in and goes out as it is', async () => {
    const { cairn } = await openStore()
    expect((await cairn.import([sample])).differences).toEqual([])
    expect(await exported(cairn)).toBe(sample)
  })

  it('has every record, with all its fields', () => {
    const records = recordsOf(sample)
    expect([...new Set(records.map(({ record }) => record))]).toEqual(recordKinds)
    for (const record of records)
      expect(Object.keys(record).sort()).toEqual(Object.keys(recordSchemas[record.record as 'session'].shape).sort())
  })

  it('explains every record, in the order of the file', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name)
    expect(rows).toEqual(['header', ...recordKinds, 'end'])
  })
})
