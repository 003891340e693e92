import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { foreignFormats } from '../../../src/ops/importers/importer.js'

const page = readFileSync(resolve('docs/moving-in.md'), 'utf8')

describe('docs/moving-in.md', () => {
  it('lists every format, and no other', () => {
    const listed = [...page.matchAll(/^\| `(\w[\w-]*)` \|/gm)].map(([, name]) => name)
    expect(listed).toEqual(Object.keys(foreignFormats))
  })

  it.each(Object.keys(foreignFormats))('has a section with the command of %s', (format) => {
    const sections = page.split(/^## /m).filter((section) => section.startsWith('From '))
    const own = sections.filter((section) => section.includes(`--from ${format} --user alice`))
    expect(own).toHaveLength(1)
    expect(own[0]).toMatch(/^- .*Left|^- Left|`DELETE` is a tombstone/m)
  })
})
