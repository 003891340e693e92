import { expect, it } from 'vitest'
import { add, author, now, type Subject, tone, toValue } from './subject.js'

export function describeMemoryReads(subject: Subject): void {
  it('tells the story of a memory: create, five updates, delete, add again, delete, restore', async () => {
    const { storage } = subject
    await add(storage, { value: '1' }, { now: 1 })
    for (const value of [2, 3, 4, 5, 6])
      await storage.memories.update({ ...tone, ...toValue(`${value}`, { now: value }) })
    const read = async () => storage.memories.history({ ...tone, before: 99, limit: 99, now })
    expect((await read()).map(({ version, value }) => [version, value])).toEqual(
      [6, 5, 4, 3, 2, 1].map((n) => [n, `${n}`]),
    )
    expect(await storage.memories.get({ ...tone, now })).toMatchObject({ version: 6, value: '6' })
    expect(await storage.memories.get({ ...tone, version: 1, now })).toMatchObject({ version: 1, value: '1' })

    await storage.memories.delete({ ...tone, author: author({ now: 7 }) })
    expect(await storage.memories.get({ ...tone, now })).toBeUndefined()
    expect((await read()).map(({ version, deleted }) => [version, deleted])).toEqual([
      [7, 1],
      ...[6, 5, 4, 3, 2, 1].map((n) => [n, 0]),
    ])

    expect(await add(storage, { value: '8' }, { now: 8 })).toMatchObject({ version: 8 })
    await storage.memories.delete({ ...tone, author: author({ now: 9 }) })
    expect(await storage.memories.restore({ ...tone, author: author({ now: 10 }) })).toMatchObject({
      version: 10,
      value: '8',
    })
    expect(await storage.memories.get({ ...tone, now })).toMatchObject({ version: 10, value: '8' })
    expect(new Set((await read()).map(({ chain }) => chain))).toEqual(new Set(['chain-1']))
    expect((await storage.info()).rows).toMatchObject({ memories: 1, memoryVersions: 10 })
  })

  it('answers undefined for a key, a version or a namespace that is not there', async () => {
    const { storage } = subject
    await add(storage)
    expect(await storage.memories.get({ ...tone, version: 2, now })).toBeUndefined()
    expect(await storage.memories.get({ ...tone, key: 'Tone', now })).toBeUndefined()
    expect(await storage.memories.get({ ...tone, namespace: 'user:Alice', now })).toBeUndefined()
    expect(await storage.memories.get({ ...tone, namespace: 'user:alice:prefs', now })).toBeUndefined()
    expect(await storage.memories.history({ ...tone, key: 'Tone', before: 99, limit: 99, now })).toEqual([])
  })

  it('reads the history in pages, newest first', async () => {
    const { storage } = subject
    await add(storage)
    for (const value of [2, 3, 4]) await storage.memories.update({ ...tone, ...toValue(`${value}`) })
    await storage.memories.delete({ ...tone, author: author() })
    const page = async (before: number) =>
      (await storage.memories.history({ ...tone, before, limit: 2, now })).map(({ version }) => version)
    expect([await page(Number.MAX_SAFE_INTEGER), await page(4), await page(2), await page(1)]).toEqual([
      [5, 4],
      [3, 2],
      [1],
      [],
    ])
  })

  it('sees at once what was written, through every handle', async () => {
    const other = await subject.another()
    await add(subject.storage)
    expect(await other.memories.get({ ...tone, now })).toMatchObject({ version: 1 })
    await other.memories.update({ ...tone, ...toValue('2') })
    expect(await subject.storage.memories.get({ ...tone, now })).toMatchObject({ version: 2 })
  })
}
