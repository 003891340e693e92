import { describe, expect, it } from 'vitest'
import type { Embedder, SpaceDescription } from '../../src/embeddings/embedder.js'
import { embeddingFailure } from '../../src/embeddings/embedding-failure.js'
import type { VectorRequest } from '../../src/embeddings/limited.js'
import { type TextEmbedderParts, textEmbedder } from '../../src/embeddings/text-embedder.js'
import { fakeVector } from '../helpers/fake-embedder.js'
import { refusal } from '../helpers/refusal.js'

const prefixes = { document: 'doc: ', query: 'ask: ' }
const space: SpaceDescription = { provider: 'custom', model: 'm', dimensions: 8, prefixes }

interface Model {
  embedder: Embedder
  /** The texts of each request. */
  sent: (readonly string[])[]
}

/** An embedder over a model that answers rightly, unless `refuse` throws. */
function over(
  refuse: (texts: readonly string[]) => void = () => undefined,
  parts: Partial<TextEmbedderParts> = {},
): Model {
  const sent: (readonly string[])[] = []
  const request: VectorRequest = async (texts) => {
    sent.push(texts)
    refuse(texts)
    return texts.map((text) => fakeVector(text, 8))
  }
  return { sent, embedder: textEmbedder({ space, batchSize: 3, request, prefixes, ...parts }) }
}

const vectorOf = (text: string): Float32Array => Float32Array.from(fakeVector(text, 8))
const tooLong = (most: number) => (texts: readonly string[]) => {
  if (texts.some((text) => text.length > most)) throw embeddingFailure('texts', 'The input is too long.')
}

describe('an embedder', () => {
  it('puts the prefix of its kind before each text', async () => {
    const { embedder, sent } = over()
    const [document] = await embedder.embed(['The tower.'], { kind: 'document' })
    await embedder.embed(['Which tower?'], { kind: 'query' })
    expect(sent).toEqual([['doc: The tower.'], ['ask: Which tower?']])
    for (const [index, value] of vectorOf('doc: The tower.').entries()) expect(document?.[index]).toBeCloseTo(value, 6)
  })

  it('sends many texts in several requests, and answers in their order', async () => {
    const { embedder, sent } = over()
    const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const vectors = await embedder.embed(texts, { kind: 'query' })
    expect(sent.map((batch) => batch.length)).toEqual([3, 3, 1])
    expect(vectors).toHaveLength(7)
    for (const [index, text] of texts.entries())
      expect(vectors[index]?.[0]).toBeCloseTo(vectorOf(`ask: ${text}`)[0] ?? 9, 6)
  })

  it('answers nothing with nothing, without a request', async () => {
    const { embedder, sent } = over()
    expect(await embedder.embed([], { kind: 'query' })).toEqual([])
    expect(sent).toEqual([])
  })

  it.each(['', ' \n\t', '\u3000'])('refuses the empty text %j, and says which it is', async (empty) => {
    const { embedder, sent } = over()
    const error = await refusal(embedder.embed(['a', 'b', 'c', 'd', empty], { kind: 'document' }), 'invalid_input')
    expect(error.message).toBe('Text 5 of 5 is empty, and has no meaning to embed.')
    expect(error.details).toEqual({ index: 4 })
    expect(sent).toEqual([])
  })

  it('refuses what is no text', async () => {
    const { embedder } = over()
    const error = await refusal(embedder.embed([7 as never], { kind: 'document' }), 'invalid_input')
    expect(error.message).toMatch('This text is no text')
  })

  it('cuts texts over the limit of the model, the prefix counted', async () => {
    const { embedder, sent } = over(undefined, { maxTokens: 50 })
    await embedder.embed(['word '.repeat(1_000)], { kind: 'document' })
    expect(sent[0]?.[0]).toMatch(/^doc: word (word ?){35,45}$/)
  })

  it('sends characters, not halves of them', async () => {
    const { embedder, sent } = over()
    await embedder.embed(['a\ud83d'], { kind: 'query' })
    expect(sent).toEqual([['ask: a\ufffd']])
  })
})

describe('a text that the model does not take', () => {
  it('is shortened until it does, and the others are left whole', async () => {
    const { embedder, sent } = over(tooLong(1_500))
    const long = `doc: ${'x'.repeat(4_000)}`
    const vectors = await embedder.embed(['a', long.slice(5), 'b'], { kind: 'document' })
    expect(vectors).toHaveLength(3)
    expect(sent.map((batch) => batch.map((text) => text.length))).toEqual([
      [6, 4_005, 6],
      [1],
      [6],
      [4_005],
      [2_003],
      [1_002],
      [6],
    ])
    expect(vectors[1]?.[0]).toBeCloseTo(vectorOf(long.slice(0, 1_002))[0] ?? 9, 6)
  })

  it('is named when it is never taken, and is not halved for ever', async () => {
    const poison = 'poison '.repeat(10_000)
    const { embedder, sent } = over((texts) => {
      if (texts.some((text) => text.includes('poison'))) throw embeddingFailure('unclear', 'panic: NaN')
    })
    const error = await refusal(embedder.embed(['a', 'b', 'c', 'd', poison], { kind: 'document' }), 'invalid_input')
    expect(error.message).toBe('The model takes other texts, but not text 5 of 5. panic: NaN')
    expect(error.details).toEqual({ index: 4 })
    expect(sent.filter(([text]) => text?.startsWith('doc: poison'))).toHaveLength(5)
  })

  it('is not blamed for a connection that broke', async () => {
    const { embedder } = over((texts) => {
      if (texts.some((text) => text.includes('poison')))
        throw embeddingFailure('unclear', 'It hung up.', { cutOff: true })
    })
    const error = await refusal(embedder.embed(['a', 'poison'], { kind: 'document' }), 'embedding_unavailable')
    expect(error.details).toEqual({ fault: 'unclear', retryable: true, cutOff: true })
  })

  it('is not blamed either where the connection breaks over all, which is the server’s fault', async () => {
    const { embedder } = over(() => {
      throw embeddingFailure('unclear', 'It hung up.', { cutOff: true })
    })
    const error = await refusal(embedder.embed(['a', 'b'], { kind: 'document' }), 'embedding_unavailable')
    expect([error.message, error.details]).toEqual(['It hung up.', { fault: 'server', retryable: true, cutOff: true }])
  })

  it('is named when its vector is no vector', async () => {
    const request: VectorRequest = async (texts) =>
      texts.map((text) => (text.includes('bad') ? [null, 1, 1, 1, 1, 1, 1, 1] : fakeVector(text, 8)))
    const { embedder } = over(undefined, { request })
    const error = await refusal(embedder.embed(['good', 'bad', 'good'], { kind: 'document' }), 'invalid_input')
    expect(error.details).toEqual({ index: 1 })
    expect(error.message).toMatch('holds null')
  })
})

describe('a server that takes no text', () => {
  it.each(['texts', 'unclear'] as const)('is at fault itself, not the texts (%s)', async (fault) => {
    const { embedder, sent } = over(() => {
      throw embeddingFailure(fault, 'It cannot do embeddings.')
    })
    const error = await refusal(embedder.embed(['a', 'b'], { kind: 'document' }), 'embedding_unavailable')
    expect(error.message).toMatch('It cannot do embeddings.')
    expect(error.details).toEqual({ fault: fault === 'texts' ? 'setup' : 'unclear', retryable: fault === 'unclear' })
    expect(sent).toHaveLength(2)
  })

  it('goes away in the middle is waited for, and no text is blamed', async () => {
    let requests = 0
    const { embedder } = over((texts) => {
      requests++
      if (requests > 2) throw embeddingFailure('server', 'It is gone.')
      tooLong(10)(texts)
    })
    await refusal(embedder.embed(['a', 'longer than ten'], { kind: 'document' }), 'embedding_unavailable')
    expect(requests).toBe(3)
  })

  it.each(['server', 'setup'] as const)('is not asked more than once where that is clear (%s)', async (fault) => {
    const { embedder, sent } = over(() => {
      throw embeddingFailure(fault, 'No.')
    })
    await refusal(embedder.embed(['a', 'b'], { kind: 'document' }), 'embedding_unavailable')
    expect(sent).toHaveLength(1)
  })

  it('makes vectors of another length is at fault, not a text', async () => {
    const { embedder } = over(undefined, { request: async (texts) => texts.map(() => [1, 2]) })
    const error = await refusal(embedder.embed(['a'], { kind: 'document' }), 'embedding_unavailable')
    expect(error.message).toBe('The model answered with vectors of 2 dimensions instead of 8.')
  })
})

describe('closing an embedder', () => {
  it('ends what is under way, and refuses what comes later', async () => {
    let closed = 0
    const hanging: VectorRequest = (_, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    const { embedder } = over(undefined, {
      request: hanging,
      close: async () => {
        closed++
      },
    })
    const under = refusal(embedder.embed(['a'], { kind: 'document' }), 'closed')
    await new Promise((resolve) => setImmediate(resolve))
    await embedder.close?.()
    await under
    await refusal(embedder.embed(['a'], { kind: 'document' }), 'closed')
    expect(closed).toBe(1)
  })
})
