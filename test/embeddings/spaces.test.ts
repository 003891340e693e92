import { describe, expect, it } from 'vitest'
import type { SpaceDescription } from '../../src/embeddings/embedder.js'
import { spaceFor, spaceName } from '../../src/embeddings/spaces.js'

const prefixes = { document: 'search_document: ', query: 'search_query: ' }
const nomic: SpaceDescription = { provider: 'ollama', model: 'nomic-embed-text:v1.5', dimensions: 768, prefixes }
const plain = { document: '', query: '' }
const nomicSpace = { documentPrefix: prefixes.document, queryPrefix: prefixes.query }
const name = 'ollama/nomic-embed-text:v1.5/768'

describe('the name of a space', () => {
  it('is that of the model where the prefixes are its own, or it is not known to have any', () => {
    expect(spaceName(nomic)).toBe(name)
    expect(spaceName({ ...nomic, model: 'pebble', prefixes: plain })).toBe('ollama/pebble/768')
    expect(spaceName({ ...nomic, provider: 'custom', prefixes: plain })).toBe('custom/nomic-embed-text:v1.5/768')
  })

  it('tells other prefixes apart', () => {
    const names = [plain, { ...prefixes, query: '' }, { document: prefixes.query, query: prefixes.document }].map(
      (each) => spaceName({ ...nomic, prefixes: each }),
    )
    for (const each of names) expect(each).toMatch(/^ollama\/nomic-embed-text:v1\.5\/768\/[0-9a-f]{6}$/)
    expect(new Set(names).size).toBe(3)
  })
})

describe('the space of a store for a model', () => {
  const { provider, model, dimensions } = nomic
  const stored = { provider, model, dimensions, ...nomicSpace }

  it('is one that is described like it, whatever its name', () => {
    const other = { ...stored, name, queryPrefix: 'q: ' }
    const old = { ...stored, name: `${name}/86c004` }
    expect(spaceFor(nomic, [other, old])).toEqual(old)
  })

  it('is a new one, whose name no other has', () => {
    expect(spaceFor(nomic, [])).toEqual({ ...stored, name })
    expect(spaceFor(nomic, [{ ...stored, name: `${name}/86c004`, dimensions: 256 }])).toEqual({ ...stored, name })
    expect(spaceFor(nomic, [{ ...stored, name, queryPrefix: 'q: ' }])).toEqual({ ...stored, name: `${name}/86c004` })
  })
})
