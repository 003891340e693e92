import { beforeEach, describe, expect, it, vi } from 'vitest'
import { embeddingFailure } from '../../src/embeddings/embedding-failure.js'
import { QueryVectors } from '../../src/embeddings/query-vectors.js'
import { CairnError } from '../../src/errors.js'
import { type FakeEmbedder, fakeEmbedder, vectorOf } from './fake-embedder.js'

const gone = new CairnError('embedding_unavailable', 'ollama does not answer')

let embedder: FakeEmbedder
let time: number
let vectors: QueryVectors
beforeEach(() => {
  embedder = fakeEmbedder()
  time = 1_000
  vectors = new QueryVectors({ embedder, space: 'custom/fake/8', now: () => time })
})

const of = (text: string, asker = 'alice') => vectors.of(text, asker)
const asked = () => embedder.asked.map(([text]) => text)
const fails = (error: unknown = gone) => {
  embedder.answer = async () => Promise.reject(error)
}

describe('a question', () => {
  it('is made a vector once, as a question', async () => {
    const kinds: string[] = []
    const { embed } = embedder
    embedder.embed = (texts, options) => {
      kinds.push(options.kind)
      return embed.call(embedder, texts, options)
    }
    const vector = { space: 'custom/fake/8', values: vectorOf('tea', 8) }
    expect([await of('tea'), await of('tea')]).toEqual([vector, vector])
    expect([asked(), kinds]).toEqual([['tea'], ['query']])
  })

  it('that somebody else has asked is asked again: nobody learns what others ask while the model is away', async () => {
    await of('tea', 'alice')
    fails()
    expect([await of('tea', 'bob'), await of('tea', 'alice')]).toEqual([
      { missing: 'vector: ollama does not answer', byModel: true },
      { space: 'custom/fake/8', values: vectorOf('tea', 8) },
    ])
  })

  it.each([' \n', '???', '… — !', '🚗 🎉'])(
    'without a word (%j) is no question, and no model is asked',
    async (text) => {
      expect(await of(text)).toMatchObject({ missing: 'vector: the question has no words' })
      expect(asked()).toEqual([])
    },
  )

  it('of the last thousand is remembered, one that was asked again longer than others', async () => {
    await of('first')
    await of('second')
    for (let index = 0; index < 998; index++) await of(`q${index}`)
    await of('first')
    await of('one more')
    embedder.asked.length = 0
    await of('first')
    expect(asked()).toEqual([])
    await of('second')
    expect(asked()).toEqual(['second'])
  })
})

describe('a model that does not answer', () => {
  it('is asked again after one second, two, four, up to a minute', async () => {
    fails()
    const times: number[] = []
    for (; time < 300_000; time += 500) {
      const before = embedder.asked.length
      expect(await of('tea')).toMatchObject({ missing: `vector: ${gone.message}` })
      if (embedder.asked.length > before) times.push(time)
    }
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    expect(pauses.slice(0, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it('is left alone by other questions meanwhile, and what is remembered is there', async () => {
    await of('known')
    fails()
    await of('tea')
    expect(await of('coffee')).toMatchObject({ missing: `vector: ${gone.message}`, byModel: true })
    expect(await of('known')).toMatchObject({ values: vectorOf('known', 8) })
    expect(asked()).toEqual(['known', 'tea'])
  })

  it('that refuses a question tells whoever asked it, and nobody else, and answers others at once', async () => {
    embedder.answer = async (texts) => {
      if (texts.some((text) => text.includes('secret')))
        throw new CairnError('invalid_input', `cannot embed "${texts.join()}"`)
      return texts.map((text) => vectorOf(text, 8))
    }
    expect(await of('my secret')).toMatchObject({ missing: 'vector: cannot embed "my secret"' })
    expect(await of('coffee')).toMatchObject({ values: vectorOf('coffee', 8) })
  })

  it.each([
    ['my secret', 'no vector for "search_query: my secret"'],
    ['my secret plan for the garden', 'no vector for "my  secret plan for the…'],
  ])('is said to have failed where its reason repeats the question of somebody else: %s', async (question, reason) => {
    fails(new CairnError('embedding_unavailable', reason))
    expect(await of(question)).toMatchObject({ missing: `vector: ${reason}` })
    expect(await of('coffee')).toMatchObject({ missing: 'vector: fake failed a moment ago' })
  })

  it('whose server hangs up at a question answers others at once', async () => {
    fails(embeddingFailure('unclear', 'It hung up.', { cutOff: true }))
    expect(await of('poison')).toEqual({ missing: 'vector: It hung up.', byModel: true })
    embedder.answer = undefined
    expect(await of('tea')).toMatchObject({ space: 'custom/fake/8' })
  })

  it('is asked as before when it is back', async () => {
    fails()
    await of('tea')
    embedder.answer = undefined
    time += 1_000
    expect(await of('tea')).toMatchObject({ values: vectorOf('tea', 8) })
    fails()
    await of('coffee')
    time += 999
    await of('coffee')
    expect(asked()).toEqual(['tea', 'tea', 'coffee'])
    time += 1
    await of('coffee')
    expect(asked()).toEqual(['tea', 'tea', 'coffee', 'coffee'])
  })

  it('to several questions at once has failed once', async () => {
    fails()
    await Promise.all(['tea', 'coffee', 'milk', 'water'].map((text) => of(text)))
    expect(asked()).toHaveLength(4)
    time += 1_000
    embedder.answer = undefined
    expect(await of('tea')).toMatchObject({ values: vectorOf('tea', 8) })
  })

  it('within two seconds is not waited for', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort())
    embedder.embed = async (_texts, { signal }) => {
      if (signal?.aborted) throw new CairnError('cancelled', 'The embedding was cancelled.')
      return []
    }
    expect(await of('tea')).toMatchObject({ missing: 'vector: no answer within 2 seconds' })
    expect(timeout.mock.calls).toEqual([[2_000]])
    timeout.mockRestore()
  })

  it.each<[string, Float32Array[], string]>([
    ['another length', [vectorOf('tea', 9)], 'fake answered 9 dimensions, not 8'],
    ['nothing', [], 'fake answered 0 dimensions, not 8'],
  ])('but with %s gives no vector, and is remembered for none', async (_what, answer, message) => {
    embedder.answer = async () => answer
    expect(await of('tea')).toMatchObject({ missing: `vector: ${message}` })
    embedder.answer = undefined
    time += 1_000
    expect(await of('tea')).toMatchObject({ values: vectorOf('tea', 8) })
  })

  it('with what is no error says so, too', async () => {
    fails('odd')
    expect(await of('tea')).toMatchObject({ missing: 'vector: odd' })
  })
})
