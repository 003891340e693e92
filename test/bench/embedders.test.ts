import { describe, expect, it } from 'vitest'
import { makeEmbedder } from '../../bench/embedders/embedders.mjs'

const corpus = [
  { id: 'a', text: 'The harbour opens in May and the boats go out at noon every day' },
  { id: 'b', text: 'Boats in the harbour need paint before the summer begins again' },
  { id: 'c', text: 'Recipes for bread need flour and water and a warm oven for an hour' },
  { id: 'd', text: 'Warm bread and flour from the oven with water and some salt' },
]
const queries = [{ id: 'q', text: 'when do ships leave', wanted: new Map([['a', 1]]) }]
const set = { corpus, queries }
const texts = corpus.map(({ text }) => text)

function cosine(one: Float32Array | undefined, other: Float32Array | undefined): number {
  return one?.reduce((sum: number, value: number, at: number) => sum + value * (other?.[at] ?? 0), 0) ?? 0
}

describe.each(['lsa', 'oracle', 'random'])('%s', (name) => {
  it('makes unit vectors of its dimensions, the same again each time', async () => {
    const embedder = makeEmbedder(name, set)
    const vectors = await embedder.embed([...texts, '', '!?'], { kind: 'document' })
    expect(vectors).toHaveLength(6)
    for (const vector of vectors) {
      expect(vector).toHaveLength(embedder.dimensions)
      expect(cosine(vector, vector)).toBeCloseTo(1, 5)
    }
    expect(await makeEmbedder(name, set).embed([...texts, '', '!?'], { kind: 'document' })).toEqual(vectors)
  })
})

it('lsa finds what uses the same words', async () => {
  const embedder = makeEmbedder('lsa', set, { dimensions: 2 })
  const [boats, , bread, oven] = await embedder.embed(texts, { kind: 'document' })
  expect(cosine(bread, oven)).toBeGreaterThan(cosine(bread, boats) + 0.3)
})

describe('the oracle', () => {
  const nearness = async (strength: string | number, document = texts[0] ?? '') => {
    const embedder = makeEmbedder('oracle', set, { strength })
    const [question] = await embedder.embed(['when do ships leave'], { kind: 'query' })
    const [answer, other] = await embedder.embed([document, texts[2] ?? ''], { kind: 'document' })
    return cosine(question, answer) - cosine(question, other)
  }

  it('brings a question near its answer, the more the stronger it is, whatever stands beside the text', async () => {
    const [none, strong] = [await nearness(0), await nearness('strong')]
    expect(strong).toBeGreaterThan(0.1)
    expect(strong).toBeGreaterThan(none + 0.1)
    expect(await nearness('strong', `Ann: ${texts[0]} a photo`)).toBeCloseTo(strong, 5)
    expect(await nearness('strong', 'opens in May and the boats go out')).toBeGreaterThan(none + 0.05)
  })

  it('refuses a strength that is none', () => {
    expect(() => makeEmbedder('oracle', set, { strength: 'huge' })).toThrow('no strength: huge')
  })
})

it('there are no others', () => {
  expect(() => makeEmbedder('word2vec', set)).toThrow('no embedder word2vec: lsa, oracle, random')
})
