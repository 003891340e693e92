import { expect, it } from 'vitest'
import type { DueText } from '../../../src/storage/embedding-store.js'
import { refusal } from '../../helpers/refusal.js'
import { aClaim, aDocument } from './documents.js'
import { answerAll, answers, dueIn, openSpace, progressOf, space, vectorFor } from './embedding-subject.js'
import { add, anEvent, append, author, createSession, now, type Subject } from './subject.js'

export function describeEmbeddingJobs(subject: Subject): void {
  const remember = (key: string, value = `"${key}"`) => add(subject.storage, { key, chain: key, value })
  // Of one text, under two keys.
  const rememberTea = () => remember('a', '"green: tea"')
  const rememberTeaAnew = () => remember('a: green', '"tea"')
  const forget = (key: string) =>
    subject.storage.memories.delete({ namespace: 'user:alice', key, author: author({ now: now + 1 }) })
  const queue = (limit: number) => subject.storage.embeddings.queue({ space, limit })
  const due = () => dueIn(subject.storage)
  const texts = async () => (await due()).map(({ text }) => text)
  const save = (changes: Parameters<typeof answers>[0]) => subject.storage.embeddings.save(answers(changes))
  const onlyDue = async (): Promise<DueText> => {
    const [job, ...others] = await due()
    if (job === undefined || others.length > 0) throw new Error('not one job is due')
    return job
  }
  const failureOf = ({ item, hash }: DueText, runAfter: number | null, error = 'busy') => ({
    ...{ item, hash, error, runAfter },
  })

  it('are written with memories, events and sections of documents', async () => {
    const { storage } = subject
    await openSpace(storage)
    await add(storage, { key: 'tea', value: '{"kind":"green","cups":3}' })
    await createSession(storage)
    await append(storage, [anEvent({ content: '{"text":"hello"}' })])
    await storage.documents.claimFolder(aClaim())
    await storage.documents.put(aDocument())
    expect(await texts()).toEqual(['tea: green', 'alice: hello', 'Tea\ngreen tea', 'Tea > Pots\niron pots'])
    expect(await progressOf(storage)).toMatchObject({ waiting: 4, unqueued: 0 })
  })

  it('are written only while there is a space', async () => {
    const { storage } = subject
    await remember('a')
    await openSpace(storage)
    expect(await due()).toEqual([])
    expect(await dueIn(storage, 'none')).toEqual([])
    expect(await storage.embeddings.hasDue({ space: 'none', now })).toBe(false)
    await refusal(storage.embeddings.queue({ space: 'none', limit: 9 }), 'not_found')
    await refusal(storage.embeddings.retry({ space: 'none' }), 'not_found')
    expect(await storage.embeddings.save(answers({ space: 'none' }))).toBe(0)
  })

  it('of what was there before the space are made in batches, the newest first', async () => {
    const { storage } = subject
    for (const key of ['a', 'b', 'c', 'd']) await remember(key)
    await openSpace(storage)
    await remember('e')
    expect(await queue(2)).toBe(false)
    expect(await texts()).toEqual(['e: e', 'c: c', 'd: d'])
    expect(await queue(2)).toBe(false)
    expect(await queue(2)).toBe(true)
    expect(await texts()).toEqual(['e: e', 'a: a', 'b: b', 'c: c', 'd: d'])
    expect(await queue(2)).toBe(true)
    expect(await storage.embeddings.due({ space, now, limit: 2 })).toHaveLength(2)
    expect(await answerAll(storage)).toBe(5)
    expect(await progressOf(storage)).toMatchObject({ vectors: 5, waiting: 0, unqueued: 0 })
  })

  it('of what was there before are none when there was nothing, or it went', async () => {
    await openSpace(subject.storage)
    expect(await queue(1)).toBe(true)
    await remember('a')
    await answerAll(subject.storage)
    await openSpace(subject.storage, 'fake/other/2')
    await forget('a')
    expect(await subject.storage.embeddings.queue({ space: 'fake/other/2', limit: 9 })).toBe(true)
    expect(await dueIn(subject.storage, 'fake/other/2')).toEqual([])
  })

  it('tell when there is anything to do', async () => {
    const { storage } = subject
    const hasDue = (at = now) => storage.embeddings.hasDue({ space, now: at })
    await remember('a')
    await openSpace(storage)
    expect(await hasDue()).toBe(true)
    await queue(9)
    expect(await hasDue()).toBe(true)
    await save({ failures: [failureOf(await onlyDue(), now + 10)] })
    expect([await hasDue(now + 9), await hasDue(now + 10)]).toEqual([false, true])
    await save({
      vectors: [vectorFor((await storage.embeddings.due({ space, now: now + 10, limit: 1 }))[0] as DueText)],
    })
    expect(await hasDue(now + 10)).toBe(false)
    await openSpace(storage, 'fake/other/2')
    await answerAll(storage, 'fake/other/2')
    expect(await storage.embeddings.hasDue({ space: 'fake/other/2', now })).toBe(true)
  })

  it('say what is to be embedded, and what the space knows already', async () => {
    const { storage } = subject
    await openSpace(storage)
    await rememberTea()
    await rememberTeaAnew()
    const [first, second] = await due()
    expect(first).toEqual({ item: first?.item, attempts: 0, text: 'a: green: tea', hash: second?.hash, known: false })
    expect(second?.item).not.toBe(first?.item)
    await save({ vectors: first ? [vectorFor(first)] : [] })
    expect(await due()).toEqual([{ ...second, known: true }])
    await remember('other')
    expect((await due()).map(({ known, hash }) => [known, hash === first?.hash])).toEqual([
      [true, true],
      [false, false],
    ])
  })

  it('know no text that others may not read: of another namespace, or another user of the app', async () => {
    const { storage } = subject
    await openSpace(storage)
    const said = (eventId: string) => [anEvent({ eventId, content: '{"text":"tea"}' })]
    const place = { namespace: 'user:alice:private', chain: 'p' }
    await add(storage, { ...place, value: '"green: tea"' })
    for (const id of ['s1', 's2']) await createSession(storage, { id })
    await createSession(storage, { id: 's3', user: 'bob' })
    await createSession(storage, { id: 's4', app: 'sales' })
    await append(storage, said('e1'))
    await answerAll(storage)
    await add(storage, { namespace: 'user:bob', chain: 'b', value: '"green: tea"' })
    await add(storage, { namespace: 'user:alice', chain: 'a', value: '"green: tea"' })
    await add(storage, { ...place, chain: 'q', key: 'tone: green', value: '"tea"' })
    for (const id of ['s2', 's3', 's4']) await append(storage, said(`e-${id}`), {}, id)
    expect((await due()).map(({ text, known }) => [text, known])).toEqual([
      ['tone: green: tea', false],
      ['tone: green: tea', false],
      ['tone: green: tea', true],
      ['alice: tea', true],
      ['alice: tea', false],
      ['alice: tea', false],
    ])
  })

  it('are done with the vectors, once', async () => {
    const { storage } = subject
    await openSpace(storage)
    await remember('a')
    const vectors = [vectorFor(await onlyDue())]
    expect(await save({ vectors })).toBe(1)
    expect(await due()).toEqual([])
    expect(await save({ vectors })).toBe(0)
    expect(await progressOf(storage)).toMatchObject({ vectors: 1, waiting: 0 })
  })

  it('take no vector with other dimensions, and none of its batch', async () => {
    const { storage } = subject
    await openSpace(storage)
    await remember('a')
    await remember('b')
    const [good, bad] = (await due()).map(vectorFor)
    if (good === undefined || bad === undefined) throw new Error('nothing is due')
    for (const bytes of [0, 4, 7, 12]) {
      const wrong = { ...bad, vector: new Uint8Array(bytes) }
      await refusal(save({ vectors: [good, wrong] }), 'invalid_input')
      await refusal(save({ vectors: [wrong] }), 'invalid_input')
    }
    expect(await progressOf(storage)).toMatchObject({ vectors: 0, waiting: 2 })
  })

  it('of equal texts share a vector while there is one', async () => {
    const { storage } = subject
    await openSpace(storage)
    await rememberTea()
    await answerAll(storage)
    await rememberTeaAnew()
    const { item, hash } = await onlyDue()
    await forget('a')
    expect(await save({ known: [{ item, hash }] })).toBe(0)
    expect(await due()).toMatchObject([{ item, known: false }])
    await answerAll(storage)
    await rememberTea()
    const other = await onlyDue()
    expect(other.known).toBe(true)
    expect(await save({ known: [{ item: other.item, hash: other.hash }] })).toBe(1)
    expect(await progressOf(storage)).toMatchObject({ vectors: 2, waiting: 0 })
  })

  it('without a text are done without a vector', async () => {
    await openSpace(subject.storage)
    await remember('number', '3')
    const job = await onlyDue()
    expect(job.text).toBe('')
    expect(await save({ empty: [job.item] })).toBe(0)
    expect(await due()).toEqual([])
    expect(await progressOf(subject.storage)).toMatchObject({ vectors: 0, waiting: 0, failed: 0 })
  })

  it('that fail are tried again when it is time, and not for ever', async () => {
    const { storage } = subject
    await openSpace(storage)
    await remember('a')
    await remember('b')
    const [a, b] = await due()
    if (a === undefined || b === undefined) throw new Error('nothing is due')
    await save({ failures: [failureOf(a, now + 10), failureOf(b, null, 'too long')] })
    expect(await due()).toEqual([])
    expect(await progressOf(storage)).toMatchObject({ waiting: 1, failed: 1 })
    expect((await progressOf(storage))?.failures).toEqual([
      { item: { kind: 'memory', namespace: 'user:alice', key: 'b', version: 1 }, error: 'too long', attempts: 1 },
    ])
    expect((await progressOf(storage))?.postponed).toEqual([
      {
        ...{ item: { kind: 'memory', namespace: 'user:alice', key: 'a', version: 1 }, attempts: 1, runAfter: now + 10 },
        error: expect.any(String),
      },
    ])
    const later = () => storage.embeddings.due({ space, now: now + 10, limit: 9 })
    expect(await later()).toEqual([{ ...a, attempts: 1 }])
    expect(await storage.embeddings.retry({ space })).toBe(2)
    expect((await due()).map(({ item }) => item).sort()).toEqual([a.item, b.item].sort())
    await save({ failures: [failureOf(a, null, 'gone'), failureOf(b, null, 'too long')] })
    expect(await later()).toEqual([])
    expect(await progressOf(storage)).toMatchObject({ waiting: 0, failed: 2 })
    expect(await storage.embeddings.retry({ space })).toBe(2)
    expect(await storage.embeddings.retry({ space })).toBe(0)
    expect(await later()).toEqual([a, b])
    await save({ vectors: [vectorFor(a), vectorFor(b)] })
    expect(await progressOf(storage)).toMatchObject({ vectors: 2, waiting: 0, failed: 0 })
  })

  it('that failed say what they are of: a memory, an event or a section of a document', async () => {
    const { storage } = subject
    await openSpace(storage)
    await createSession(storage)
    await append(storage, [anEvent()])
    await storage.documents.claimFolder(aClaim())
    await storage.documents.put(aDocument())
    await save({ failures: (await due()).map((job) => failureOf(job, null)) })
    const { namespace, path } = aDocument()
    const section = { kind: 'document', namespace, root: aClaim().root, path }
    expect((await progressOf(storage))?.failures.map(({ item }) => item)).toEqual([
      { ...section, line: expect.any(Number), chunk: 1 },
      { ...section, line: expect.any(Number), chunk: 0 },
      { kind: 'event', session: 's1', seq: 1 },
    ])
  })

  it('that failed for good are told by the newest reasons, and make way for what is new', async () => {
    const { storage } = subject
    await openSpace(storage)
    for (let index = 1; index <= 12; index++) await remember(`k${index}`)
    const failed = (await due()).map((job, index) => failureOf(job, null, `${index + 1}`))
    await save({ failures: failed })
    const newestFirst = Array.from({ length: 12 }, (_, index) => `${12 - index}`)
    expect((await progressOf(storage))?.failures.map(({ error }) => error)).toEqual(newestFirst)
    await remember('new')
    expect(await texts()).toEqual(['new: new'])
    await storage.embeddings.retry({ space })
    expect((await texts())[0]).toBe('new: new')
  })

  it('of something that is gone are gone, whatever the answer is', async () => {
    const { storage } = subject
    await openSpace(storage)
    await remember('a')
    const job = await onlyDue()
    await forget('a')
    const { item, hash } = job
    expect(await due()).toEqual([])
    expect(await save({ vectors: [vectorFor(job)], known: [{ item, hash }], empty: [item] })).toBe(0)
    await save({ failures: [failureOf(job, null)] })
    expect(await progressOf(storage)).toEqual({
      vectors: 0,
      waiting: 0,
      failed: 0,
      failures: [],
      postponed: [],
      unqueued: 0,
    })
  })

  it.each(['vectors', 'known', 'empty', 'failures'] as const)(
    'of something else under the same number stay as they are (%s)',
    async (kind) => {
      const { storage } = subject
      await openSpace(storage)
      await add(storage, { chain: 'other', key: 'same: as', value: '"same"' })
      await answerAll(storage)
      const asked = { vectors: '"first"', known: '"as: same"', empty: '3', failures: '"first"' }
      await add(storage, { key: 'same', chain: 'old', value: asked[kind] })
      const job = await onlyDue()
      await forget('same')
      await add(storage, { key: 'second', chain: 'new', value: '"second"' })
      const { item, hash } = job
      const given = {
        vectors: { vectors: [vectorFor(job)] },
        known: { known: [{ item, hash }] },
        empty: { empty: [item] },
        failures: { failures: [failureOf(job, null)] },
      }
      expect(await save(given[kind])).toBe(0)
      expect(await due()).toMatchObject([{ attempts: 0, text: 'second: second', known: false }])
      expect(await progressOf(storage)).toMatchObject({ vectors: 1, waiting: 1, failed: 0 })
    },
  )

  it('are done by whoever is first', async () => {
    const { storage } = subject
    const another = await subject.another()
    await openSpace(storage)
    for (const key of ['a', 'b', 'c']) await remember(key)
    const [mine, theirs] = await Promise.all([dueIn(storage), dueIn(another)])
    expect(theirs).toEqual(mine)
    const vectors = mine.map(vectorFor)
    const stored = await Promise.all([storage, another].map((each) => each.embeddings.save(answers({ vectors }))))
    expect(stored.reduce((sum, count) => sum + count)).toBe(3)
    expect(await progressOf(another)).toMatchObject({ vectors: 3, waiting: 0 })
  })
}
