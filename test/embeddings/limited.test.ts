import { describe, expect, it } from 'vitest'
import type { EmbedKind } from '../../src/embeddings/embedder.js'
import { embeddingCancelled, embeddingFailure } from '../../src/embeddings/embedding-failure.js'
import { type Limits, limited, usualLimits, type VectorRequest } from '../../src/embeddings/limited.js'
import { CairnError } from '../../src/errors.js'
import { testClock } from '../helpers/clock.js'
import { refusal } from '../helpers/refusal.js'

const clock = testClock()

/** Requests that are answered when the test says so. */
function manual(limits: Partial<Limits> = {}) {
  const started: { texts: readonly string[]; answer: (vectors: unknown[]) => void; fail: (error: Error) => void }[] = []
  const request: VectorRequest = (texts) =>
    new Promise((resolve, reject) => void started.push({ texts, answer: resolve, fail: reject }))
  return { started, ask: limited(request, { now: clock, ...limits }) }
}

/** Requests that fail with these, one after the other, and are right then; pauses take no time and are written down. */
function failing(errors: unknown[], limits: Partial<Limits> = {}) {
  const pauses: number[] = []
  const now = testClock()
  let requests = 0
  const request: VectorRequest = async (texts) => {
    const error = errors[requests++]
    if (error !== undefined) throw error
    return texts.map(() => [1])
  }
  const sleep = async (millis: number): Promise<void> => {
    pauses.push(millis)
    now.advance(millis)
  }
  const ask = limited(request, { random: () => 1, now, sleep, ...limits })
  return { ask, pauses, now, count: () => requests }
}

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const gone = (): CairnError => embeddingFailure('server', 'It is gone.')
const tooMany = (retryAfterMs?: number): CairnError =>
  embeddingFailure('server', 'Too many.', { status: 429, retryAfterMs })
const document = { kind: 'document' } as const
const query = { kind: 'query' } as const

describe('requests at once', () => {
  it('are five at most, one of which is kept for queries', async () => {
    const { started, ask } = manual()
    const asked = (kind: EmbedKind, text: string): Promise<unknown> => ask([text], { kind })
    const all = [...Array(6).keys()].map((index) => asked('document', `d${index}`))
    await flush()
    expect(started.map(({ texts }) => texts[0])).toEqual(['d0', 'd1', 'd2', 'd3'])
    all.push(asked('query', 'q0'), asked('query', 'q1'))
    await flush()
    expect(started.map(({ texts }) => texts[0])).toEqual(['d0', 'd1', 'd2', 'd3', 'q0'])
    started[0]?.answer([[1]])
    await flush()
    expect(started.at(-1)?.texts[0]).toBe('q1')
    for (let done = 1; done < started.length; done++) {
      started[done]?.answer([[1]])
      await flush()
    }
    await Promise.all(all)
    expect(started).toHaveLength(8)
  })

  it('leave room for a document when there is only one place', async () => {
    const { started, ask } = manual({ requests: 1 })
    const asked = ask(['a'], document)
    await flush()
    started[0]?.answer([[1]])
    expect(await asked).toEqual([[1]])
  })

  it('are given up while they wait, when they are cancelled', async () => {
    const { started, ask } = manual({ requests: 1 })
    const first = ask(['first'], document)
    const cancel = new AbortController()
    const second = refusal(ask(['second'], { ...document, signal: cancel.signal }), 'cancelled')
    const third = ask(['third'], document)
    await flush()
    cancel.abort()
    await second
    started[0]?.answer([[1]])
    await first
    await flush()
    expect(started.map(({ texts }) => texts[0])).toEqual(['first', 'third'])
    started[1]?.answer([[3]])
    await third
    await refusal(ask(['late'], { ...document, signal: cancel.signal }), 'cancelled')
  })

  it('give their place back when they fail', async () => {
    const { started, ask } = manual({ requests: 1, attempts: { document: 1, query: 1 } })
    const first = refusal(ask(['first'], document), 'embedding_unavailable')
    await flush()
    started[0]?.fail(gone())
    await first
    const second = ask(['second'], document)
    await flush()
    started[1]?.answer([[2]])
    expect(await second).toEqual([[2]])
  })
})

describe('a request that failed', () => {
  it('is made again after pauses that double', async () => {
    const { ask, pauses, count } = failing([gone(), gone(), gone()])
    expect(await ask(['a'], document)).toEqual([[1]])
    expect(pauses).toEqual([500, 1_000, 2_000])
    expect(count()).toBe(4)
  })

  it('is made again once where it is unclear whether it is the texts: they are tried one by one after that', async () => {
    const { ask, pauses } = failing(Array(9).fill(embeddingFailure('unclear', 'It stumbled.')))
    await refusal(ask(['a'], document), 'embedding_unavailable')
    expect(pauses).toEqual([500])
  })

  it('is given up after four attempts, for a query after two', async () => {
    const documents = failing(Array(9).fill(gone()))
    expect((await refusal(documents.ask(['a'], document), 'embedding_unavailable')).message).toBe('It is gone.')
    expect(documents.count()).toBe(4)
    const queries = failing(Array(9).fill(gone()))
    await refusal(queries.ask(['a'], { kind: 'query' }), 'embedding_unavailable')
    expect([queries.count(), queries.pauses]).toEqual([2, [100]])
  })

  it('is made again after half to all of the pause, by chance', async () => {
    const { ask, pauses } = failing([gone(), gone()], { random: () => 0.5 })
    await ask(['a'], document)
    expect(pauses).toEqual([375, 750])
  })

  it('is made again when its server says, and not before', async () => {
    const { ask, pauses } = failing([embeddingFailure('server', 'Too many.', { retryAfterMs: 7_000 })])
    await ask(['a'], document)
    expect(pauses).toEqual([7_000])
  })

  it('is given up when its server wants to be left alone for long', async () => {
    const { ask, pauses } = failing([embeddingFailure('server', 'Too many.', { retryAfterMs: 3_600_000 })])
    const error = await refusal(ask(['a'], document), 'embedding_unavailable')
    expect(error.details).toMatchObject({ retryAfterMs: 3_600_000, retryable: true })
    const query = failing([embeddingFailure('server', 'Too many.', { retryAfterMs: 2_000 })])
    await refusal(query.ask(['a'], { kind: 'query' }), 'embedding_unavailable')
    expect([pauses, query.pauses]).toEqual([[], []])
  })

  it.each([
    ['by its texts', embeddingFailure('texts', 'Too long.'), 'embedding_unavailable'],
    ['for want of a person', embeddingFailure('setup', 'No such model.'), 'embedding_unavailable'],
    ['because it was cancelled', embeddingCancelled(), 'cancelled'],
    ['after it was closed', new CairnError('closed', 'It was closed.'), 'closed'],
  ] as const)('%s is not made again', async (_, error, code) => {
    const { ask, count } = failing([error])
    await refusal(ask(['a'], document), code)
    expect(count()).toBe(1)
  })

  it('is not made again when it was to try the server', async () => {
    const { ask, count } = failing([gone()])
    await refusal(ask(['a'], { ...document, probe: true }), 'embedding_unavailable')
    expect(count()).toBe(1)
  })

  it('is given up when it is cancelled in a pause', async () => {
    const cancel = new AbortController()
    const { sleep } = usualLimits
    const { ask } = failing([gone()], {
      sleep: (millis, signal) => {
        cancel.abort()
        return sleep(millis, signal)
      },
    })
    await refusal(ask(['a'], { ...document, signal: cancel.signal }), 'cancelled')
  })
})

describe('an answer', () => {
  it('with a vector too few or too many is a failure', async () => {
    for (const vectors of [[], [[1], [2]]]) {
      const ask = limited(async () => vectors, { attempts: { document: 1, query: 1 } })
      const error = await refusal(ask(['a'], document), 'embedding_unavailable')
      expect(error.message).toBe(`The model answered with ${vectors.length} vectors where 1 were asked for.`)
      expect(error.details).toEqual({ fault: 'unclear', retryable: true })
    }
  })

  it.each<unknown>([undefined, null, 'vectors', { 0: [1], length: 1 }])(
    'is no answer without a list: %j',
    async (answer) => {
      const ask = limited(async () => answer as unknown[], { attempts: { document: 1, query: 1 } })
      const error = await refusal(ask(['a'], document), 'embedding_unavailable')
      expect(error.details).toEqual({ fault: 'unclear', retryable: true })
    },
  )
})

describe('a server that does not answer', () => {
  it('is left alone after five failures in a row, and tried again later', async () => {
    const { ask, count, now } = failing(Array(5).fill(gone()))
    await refusal(ask(['a'], document), 'embedding_unavailable')
    const last = await refusal(ask(['b'], document), 'embedding_unavailable')
    expect(last.details).toMatchObject({ paused: true, retryable: true })
    expect(count()).toBe(5)
    await refusal(ask(['c'], document), 'embedding_unavailable')
    expect(count()).toBe(5)
    now.advance(5_000)
    expect(await ask(['d'], document)).toEqual([[1]])
  })

  it('is one that stumbles over what is harmless, not over what it was sent', async () => {
    const unclear = (): CairnError => embeddingFailure('unclear', 'It stumbled.')
    const { ask, count } = failing(Array(20).fill(undefined).map(unclear))
    for (let call = 0; call < 3; call++) await refusal(ask(['poison'], document), 'embedding_unavailable')
    expect(count()).toBe(6)
    for (let call = 0; call < 5; call++)
      await refusal(ask(['a'], { ...document, probe: true }), 'embedding_unavailable')
    expect(count()).toBe(11)
    expect((await refusal(ask(['b'], document), 'embedding_unavailable')).details).toMatchObject({ paused: true })
  })

  it('is there again as soon as it answers, even with a refusal', async () => {
    const errors = [...Array(4).fill(gone()), embeddingFailure('texts', 'Too long.'), ...Array(4).fill(gone())]
    const { ask, count } = failing(errors, { attempts: { document: 1, query: 1 } })
    for (const _ of errors) await refusal(ask(['a'], document), 'embedding_unavailable')
    expect(await ask(['a'], document)).toEqual([[1]])
    expect(count()).toBe(10)
  })
})

describe('a server that gets too many requests', () => {
  it('is asked again after the pause that it asks for, up to a minute, however often that is', async () => {
    const { ask, pauses } = failing([tooMany(7_000), tooMany(3_600_000)])
    expect(await ask(['a'], document)).toEqual([[1]])
    expect(pauses).toEqual([7_000, 60_000])
  })

  it('is asked again after pauses that double where it does not say how long', async () => {
    const { ask, pauses } = failing(Array(5).fill(tooMany()))
    await ask(['a'], document)
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000])
  })

  it('is left alone by all documents for that time, those that were next, too', async () => {
    const now = testClock()
    const waking: (() => void)[] = []
    const sleep = (): Promise<void> => new Promise((resolve) => void waking.push(resolve))
    const { started, ask } = manual({ now, sleep })
    const all = ['a', 'b', 'c', 'd', 'e'].map((text) => ask([text], document))
    await flush()
    expect(started).toHaveLength(4)
    for (const { fail } of started.splice(0)) fail(tooMany(3_000))
    await flush()
    all.push(ask(['f'], document))
    now.advance(2_999)
    for (const wake of waking.splice(0)) wake()
    await flush()
    expect(started).toHaveLength(0)
    now.advance(1)
    for (const wake of waking.splice(0)) wake()
    for (let rounds = 0; rounds < 2; rounds++) {
      await flush()
      for (const { answer } of started.splice(0)) answer([[1]])
    }
    expect(await Promise.all(all)).toEqual(Array(6).fill([[1]]))
  })

  it('is one that answers: no other request is refused for it', async () => {
    const errors = [...Array(4).fill(gone()), tooMany(1), gone()]
    const { ask, count } = failing(errors, { attempts: { document: 1, query: 1 } })
    for (let times = 0; times < 5; times++) await refusal(ask(['a'], document), 'embedding_unavailable')
    expect(await ask(['a'], document)).toEqual([[1]])
    expect(count()).toBe(7)
  })

  it('is not waited for by who searches, though documents wait; but by who says so', async () => {
    const { ask, pauses } = failing([tooMany(5_000), undefined, tooMany(5_000)])
    expect((await refusal(ask(['a'], query), 'embedding_unavailable')).message).toBe('Too many.')
    expect([await ask(['a'], query), pauses]).toEqual([[[1]], []])
    await ask(['a'], { ...query, patient: true })
    expect(pauses).toEqual([5_000, 5_000])
  })

  it('is given up when eight pauses in a row have brought nothing through, and waited for when it is asked later', async () => {
    const { ask, pauses, now } = failing([...Array(9).fill(tooMany(60_000)), tooMany(2_000)])
    expect((await refusal(ask(['a'], document), 'embedding_unavailable')).message).toBe('Too many.')
    expect(pauses.splice(0)).toEqual(Array(8).fill(60_000))
    now.advance(600_000)
    expect(await ask(['a'], document)).toEqual([[1]])
    expect(pauses).toEqual([2_000])
  })

  it('is not given up while something gets through', async () => {
    const errors = Array.from({ length: 40 }, (_, index) => (index % 4 === 3 ? undefined : tooMany(1_000)))
    const { ask } = failing(errors)
    for (let times = 0; times < 10; times++) expect(await ask(['a'], document)).toEqual([[1]])
  })

  it('is not waited for any more when that is cancelled', async () => {
    const cancel = new AbortController()
    const { ask } = failing([tooMany(60_000)], {
      sleep: (millis, signal) => {
        cancel.abort()
        return usualLimits.sleep(millis, signal)
      },
    })
    await refusal(ask(['a'], { ...document, signal: cancel.signal }), 'cancelled')
  })
})

it('really waits between attempts', async () => {
  const slept = usualLimits.sleep(20).then(() => 'slept')
  const atOnce = new Promise((resolve) => setImmediate(resolve, 'at once'))
  expect(await Promise.race([slept, atOnce])).toBe('at once')
  expect(await slept).toBe('slept')
})
