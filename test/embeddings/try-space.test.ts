import { describe, expect, it } from 'vitest'
import { embeddingFailure } from '../../src/embeddings/embedding-failure.js'
import { limited } from '../../src/embeddings/limited.js'
import { textEmbedder } from '../../src/embeddings/text-embedder.js'
import { reliable, trySpace } from '../../src/embeddings/try-space.js'
import { CairnError } from '../../src/errors.js'
import { testClock } from '../helpers/clock.js'
import { fakeEmbedder, vectorOf } from './fake-embedder.js'

const dimensions = 32
const words = ['one', 'two', 'three', 'four', 'five', 'six']
/** Both halves of a text begin with its number, which is all that a knowing model sees. */
const textsOf = (owner: string, count: number) =>
  Array.from({ length: count }, (_, index) => {
    const half = [`${owner}-${index}`, ...words]
    return { text: [...half, ...half].join(' '), owner }
  })
const texts = textsOf('user:alice', 40)
const others = Array.from({ length: 160 }, (_, index) => vectorOf(`other ${index}`, dimensions))

function embedder(vectorOfText: (text: string) => Float32Array) {
  const fake = fakeEmbedder({ dimensions, batchSize: 16 })
  fake.answer = async (asked) => asked.map(vectorOfText)
  return fake
}

it('a model that knows what halves belong together finds all, and one that knows nothing none or nearly none', async () => {
  const knowing = embedder((text) => vectorOf(text.split(' ')[0] ?? '', dimensions))
  expect(await trySpace(knowing, { texts, others })).toBeCloseTo(reliable(1, 40), 10)
  let asked = 0
  const random = embedder(() => vectorOf(`${asked++}`, dimensions))
  expect(await trySpace(random, { texts, others })).toBeLessThan(0.15)
})

it('what is as near as the right half counts against it', async () => {
  const same = embedder(() => vectorOf('always', dimensions))
  expect(await trySpace(same, { texts, others })).toBe(0)
})

it('asks with as many words as a question has', async () => {
  const fake = fakeEmbedder({ dimensions, batchSize: 16 })
  const long = Array.from({ length: 30 }, (_, text) => ({
    text: Array.from({ length: 80 }, (_, word) => `${text}/${word}`).join(' '),
    owner: 'user:alice',
  }))
  await trySpace(fake, { texts: long, others })
  expect(fake.asked[0]?.[0]?.split(' ')).toEqual(Array.from({ length: 10 }, (_, word) => `0/${30 + word}`))
})

it('leaves out texts of whose halves the model refuses one, and says nothing when too few are left', async () => {
  const refusing = (many: number) =>
    embedder((text) => {
      const [name = ''] = text.split(' ')
      if (Number(name.split('-')[1]) < many) throw new CairnError('invalid_input', 'not that one')
      return vectorOf(name, dimensions)
    })
  expect(await trySpace(refusing(5), { texts, others })).toBeCloseTo(reliable(1, 35), 10)
  expect(await trySpace(refusing(15), { texts, others })).toBeNull()
})

it('goes on after the pauses that a server asks for: no search waits for it', async () => {
  const now = testClock()
  let requests = 0
  const request = limited(
    async (asked) => {
      if (++requests % 2 === 1) throw embeddingFailure('server', 'Too many.', { status: 429, retryAfterMs: 5_000 })
      return asked.map((text) => vectorOf(text.split(' ')[0] ?? '', dimensions))
    },
    { now, sleep: async (millis) => void now.advance(millis) },
  )
  const { space } = fakeEmbedder({ dimensions })
  const patient = textEmbedder({ space, batchSize: 16, request })
  expect(await trySpace(patient, { texts, others })).toBeCloseTo(reliable(1, 40), 10)
})

it('asks for questions by first halves and for answers by second halves', async () => {
  const kinds = new Map<string, number>()
  const fake = fakeEmbedder({ dimensions, batchSize: 16 })
  const asked = fake.embed
  fake.embed = async (some, options) => {
    kinds.set(options.kind, (kinds.get(options.kind) ?? 0) + some.length)
    return asked.call(fake, some, options)
  }
  await trySpace(fake, { texts, others })
  expect(Object.fromEntries(kinds)).toEqual({ query: 40, document: 40 })
})

describe('one owner', () => {
  /** Knows the texts of all but those of `unknown`. */
  const tried = (unknown: string, counts: Record<string, number>) => {
    let asked = 0
    const model = embedder((text) => {
      const [name = ''] = text.split(' ')
      return vectorOf(name.startsWith(unknown) ? `${asked++}` : name, dimensions)
    })
    const of = Object.entries(counts).flatMap(([owner, count]) => textsOf(owner, count))
    return trySpace(model, { texts: of, others })
  }

  it.each<[string, Record<string, number>, number, number]>([
    ['alone decides', { carol: 150 }, 0, 150],
    ['of two decides about a half', { carol: 75, alice: 75 }, 1 / 2, 150],
    ['of two with a few texts decides no more, however much the other has', { carol: 20, alice: 130 }, 1 / 2, 69],
    ['of four or more has a quarter at most', { carol: 90, alice: 20, bob: 20, dave: 20 }, 3 / 4, 99],
    ['of ten that have as much has a tenth', { carol: 15, ...all('abcdefghi', 15) }, 9 / 10, 150],
    ['of many has what one text counts', { carol: 1, ...all('abcdefghijklmnopqrstuvwxyz', 4) }, 104 / 105, 105],
    ['beside others with few texts has what makes thirty', { carol: 145, alice: 3, bob: 2 }, 5 / 30, 97],
  ])('%s', async (_what, counts, share, asManyAs) => {
    expect(await tried('carol', counts)).toBeCloseTo(reliable(share, asManyAs), 1)
  })
})

function all(owners: string, count: number): Record<string, number> {
  return Object.fromEntries([...owners].map((owner) => [owner, count]))
}

it('says nothing of a few texts, and asks no model', async () => {
  const fake = fakeEmbedder()
  expect(await trySpace(fake, { texts: texts.slice(0, 20), others })).toBeNull()
  expect(fake.asked).toEqual([])
})

it('relies on a share by as much less as the texts are fewer', () => {
  expect(reliable(0.8, 150)).toBeCloseTo(0.765, 3)
  expect(reliable(0.8, 30)).toBeCloseTo(0.718, 3)
  expect(reliable(1, 150)).toBeCloseTo(150 / 151, 10)
  expect(reliable(0, 40)).toBe(0)
})
