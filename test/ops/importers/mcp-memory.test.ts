import { describe, expect, it } from 'vitest'
import { countOf, readAll, sample } from './read.js'

const from = 'mcp-memory' as const

describe('the file of the reference MCP memory server', () => {
  it('becomes a semantic memory for each entity and each relation', async () => {
    const { of } = await readAll(sample('memory.jsonl'), { from })
    expect(of('memory').map(({ namespace, key, value }) => [namespace, key, value])).toEqual([
      [
        'user:alice:mcp-memory',
        'Ada',
        { name: 'Ada', entityType: 'person', observations: ['likes tea', 'lives in Oslo', 'plays chess'], since: 2024 },
      ],
      [
        'user:alice:mcp-memory',
        expect.stringMatching(/^Fjord Labs~/),
        { name: 'Fjord\nLabs', entityType: 'company', observations: [] },
      ],
      [
        'user:alice:mcp-memory:relations',
        expect.stringMatching(/^Ada works at Fjord Labs~/),
        { from: 'Ada', to: 'Fjord\nLabs', relationType: 'works at' },
      ],
    ])
    expect(of('memory')[0]).toMatchObject({ type: 'semantic', version: 1, recordedAt: '2026-01-02T00:00:00.000Z' })
  })

  it('belongs to the project that is named', async () => {
    const { of } = await readAll(sample('memory.jsonl'), { from, project: 'apollo' })
    expect(of('memory')[0]?.namespace).toBe('project:apollo:mcp-memory')
  })

  it('says what came twice and which lines were left', async () => {
    const { report } = await readAll(sample('memory.jsonl'), { from })
    expect(report.taken).toEqual([
      { what: 'entities', count: 2 },
      { what: 'relations', count: 1 },
    ])
    expect(countOf(report.mapped, 'entity', 'twice')).toBe(1)
    expect(countOf(report.mapped, 'relation', 'twice')).toBe(1)
    expect(report.left.flatMap(({ examples }) => examples)).toEqual([
      'line 6: {"type":"note","text":"what is this"}',
      'line 7: not json',
    ])
  })
})
