import { expect, it } from 'vitest'
import { toRow } from '../../../src/ops/interchange-line.js'
import type { ImportRow } from '../../../src/storage/interchange-store.js'
import * as records from '../../ops/records.js'
import { appendOwn, fork, rewind, step } from './branches.js'
import { aChunk, aClaim, aDocument, sha } from './documents.js'
import { answerAll, dueIn, openSpace, progressOf } from './embedding-subject.js'
import { add, anEvent, append, author, createSession, found, now, type Subject, s1, tone, toValue } from './subject.js'

export function describeEmbeddedChanges(subject: Subject): void {
  const texts = async () => (await dueIn(subject.storage)).map(({ text }) => text)
  const vectors = async () => (await progressOf(subject.storage))?.vectors
  const fill = async (): Promise<void> => {
    await openSpace(subject.storage)
    await answerAll(subject.storage)
  }

  it('of a memory give it another vector', async () => {
    const { storage } = subject
    await add(storage)
    await fill()
    await storage.memories.update({ ...tone, ...toValue('"warm"') })
    expect([await texts(), await vectors()]).toEqual([['tone: warm'], 0])
    await answerAll(storage)
    expect(await vectors()).toBe(1)
  })

  it('of a memory that is valid later leave the version of now its vector', async () => {
    const { storage } = subject
    await add(storage)
    await fill()
    await storage.memories.update({ ...tone, ...toValue('"warm"'), validFrom: now + 100 })
    expect([await texts(), await vectors()]).toEqual([['tone: warm'], 1])
  })

  it('of a memory that is deleted take its vector, and bring it again', async () => {
    const { storage } = subject
    await add(storage)
    await fill()
    await storage.memories.delete({ ...tone, author: author() })
    expect([await texts(), await vectors()]).toEqual([[], 0])
    await storage.memories.restore({ ...tone, author: author() })
    expect([await texts(), await vectors()]).toEqual([['tone: concise'], 0])
    await answerAll(storage)
    expect(await vectors()).toBe(1)
  })

  it('of a memory that expires take its vector', async () => {
    const { storage } = subject
    await add(storage, { expiresAt: now + 10 })
    await fill()
    await storage.memories.expire({ episodicBefore: null, limit: 9, author: author({ now: now + 10 }) })
    expect([await texts(), await vectors()]).toEqual([[], 0])
  })

  it('of a session that goes take the vectors of its events, and leave others', async () => {
    const { storage } = subject
    await add(storage)
    await createSession(storage)
    await append(storage, [anEvent(), anEvent({ eventId: 'e2', content: '{"text":"more"}' })])
    await fill()
    expect(await vectors()).toBe(3)
    await storage.sessions.delete({ ...s1, author: author() })
    expect([await texts(), await vectors()]).toEqual([[], 1])
  })

  it('of a history, by forks and ways back, leave each event its vector', async () => {
    const { storage } = subject
    await createSession(storage)
    await appendOwn(storage, 's1', [step(1), step(2), step(3), step(4)])
    await fill()
    await fork(storage, 's1', 'f', 3)
    await rewind(storage, 's1', 2, 'old')
    expect([await texts(), await vectors()]).toEqual([[], 4])
    await appendOwn(storage, 'f', [step(4, 'f4')])
    expect(await texts()).toEqual(['alice: step f4'])
    await answerAll(storage)
    await storage.sessions.delete({ ...s1, author: author() })
    await storage.sessions.delete({ id: 'old', owner: undefined, author: author() })
    expect((await found(storage, 'step')).sort()).toEqual(['f 1', 'f 2', 'f 3', 'f 4'])
    expect([await texts(), await vectors()]).toEqual([[], 4])
  })

  it('of a document give its sections others, and take all with it', async () => {
    const { storage } = subject
    await storage.documents.claimFolder(aClaim())
    await storage.documents.put(aDocument())
    await fill()
    expect(await vectors()).toBe(2)
    await storage.documents.put(aDocument({ sha256: sha('b'), chunks: [aChunk('Tea', 'black tea')] }))
    expect([await texts(), await vectors()]).toEqual([['Tea\nblack tea'], 0])
    await answerAll(storage)
    await storage.documents.removeFiles({ ids: ['d1'], author: author() })
    expect([await texts(), await vectors()]).toEqual([[], 0])
  })

  it('of a title alone are embedded with it', async () => {
    const { storage } = subject
    await storage.documents.claimFolder(aClaim())
    const chunks = [aChunk('', 'green tea')]
    await storage.documents.put(aDocument({ chunks }))
    await fill()
    await storage.documents.put(aDocument({ title: 'Drinks', sha256: sha('b'), chunks }))
    expect(await texts()).toEqual(['Drinks\ngreen tea'])
  })

  it('by an import are embedded like any, and no vector is exported', async () => {
    const { storage } = subject
    await openSpace(storage)
    const given = [records.aSession(), records.anEvent({ content: { text: 'a lighthouse' } }), records.aMemory()]
    await storage.interchange.write({ rows: given.map((record) => toRow(record) as ImportRow) })
    expect((await texts()).sort()).toHaveLength(2)
    expect(await texts()).toContain('alice: a lighthouse')
    await answerAll(storage)
    expect(await vectors()).toBe(2)
    const snapshot = await storage.interchange.openSnapshot({})
    const kinds = new Set<string>()
    for (let lines = await snapshot.next(); lines !== undefined; lines = await snapshot.next())
      for (const line of lines) kinds.add((JSON.parse(line) as { record: string }).record)
    await snapshot.close()
    expect([...kinds].sort()).toEqual(['audit', 'event', 'memory', 'session'])
  })

  it('that took vectors away are forgotten step by step, but for the newest', async () => {
    const { storage } = subject
    const prune = (keep: number, limit: number) => storage.embeddings.prune({ keep, limit })
    const forget = (key: string) =>
      storage.memories.delete({ namespace: 'user:alice', key, author: author({ now: now + 1 }) })
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await add(storage, { key, chain: key, value: `"${key}"` })
    await fill()
    expect(await prune(0, 9)).toBe(0)
    for (const key of ['a', 'b', 'c', 'd']) await forget(key)
    expect([await prune(4, 9), await prune(9, 9)]).toEqual([0, 0])
    expect([await prune(1, 2), await prune(1, 2), await prune(1, 2)]).toEqual([2, 1, 0])
    expect([await texts(), await vectors()]).toEqual([[], 2])
    await forget('e')
    expect([await prune(0, 9), await prune(0, 9)]).toEqual([2, 0])
    await add(storage, { key: 'g', chain: 'g', value: '"g"' })
    await answerAll(storage)
    expect([await texts(), await vectors()]).toEqual([[], 2])
  })

  it('of a store without a space cost no job', async () => {
    await add(subject.storage)
    await subject.storage.memories.update({ ...tone, ...toValue('"warm"') })
    await subject.storage.memories.delete({ ...tone, author: author() })
    await fill()
    expect([await texts(), await vectors()]).toEqual([[], 0])
  })
}
