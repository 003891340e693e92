import { describe, expect, it } from 'vitest'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const from = { namespace: 'user:alice:notes', key: 'deadline' }

async function withNote() {
  const { cairn: root } = await openStore()
  const alice = root.as({ app: 'shop', user: 'alice', project: 'apollo', grants: ['project:write'] })
  const value = { text: 'March 1st' }
  await alice.memories.add({ ...from, value, type: 'semantic', metadata: { source: 'chat' }, validTo: '2040-01-01' })
  const member = root.as({ app: 'shop', user: 'bob', project: 'apollo' })
  return { root, alice, member, value }
}

describe('publishing a memory', () => {
  it('copies what is there now, with its times and where it came from', async () => {
    const { alice, member, value } = await withNote()
    const published = await alice.memories.publish(from, 'project:apollo:facts')
    expect(published).toMatchObject({
      ...{ namespace: 'project:apollo:facts', key: 'deadline', version: 1, value, type: 'semantic' },
      ...{ metadata: { source: 'chat' }, validTo: '2040-01-01T00:00:00.000Z', createdBy: 'user:alice' },
    })
    expect(await member.memories.get('project:apollo:facts', 'deadline')).toEqual(published)
    const { origins } = await alice.memories.origins('project:apollo:facts', 'deadline')
    expect(origins).toEqual([
      { memory: { ...from, version: 1 }, createdAt: published.recordedAt, createdBy: 'user:alice' },
    ])
    expect((await alice.memories.fromOrigin({ memory: from })).items).toEqual([published])
    expect((await member.search('March')).hits).toHaveLength(1)
  })

  it('is audited, without telling those who may not read there where it is from', async () => {
    const { root, alice, member } = await withNote()
    await alice.memories.publish(from, 'project:apollo:facts')
    const trail = { namespace: 'project:apollo', operation: 'publish' as const }
    for (const [handle, detail] of [
      [root, { from: { ...from, version: 1 } }],
      [alice, { from: { ...from, version: 1 } }],
      [member, {}],
    ] as const) {
      expect((await handle.audit.list(trail)).items).toMatchObject([
        { key: 'deadline', version: 1, actor: 'user:alice' },
      ])
      expect((await handle.audit.list(trail)).items[0]?.detail).toEqual(detail)
    }
    expect((await member.memories.origins('project:apollo:facts', 'deadline')).origins).toEqual([])
  })

  it('goes on as the next version, under another key, only at the version expected', async () => {
    const { alice } = await withNote()
    const to = 'project:apollo:facts'
    await alice.memories.publish(from, to, { key: 'due' })
    await alice.memories.update(from.namespace, from.key, 'April 1st')
    await refusal(alice.memories.publish(from, to, { key: 'due', ifVersion: 2 }), 'conflict')
    await refusal(alice.memories.publish(from, to, { key: 'new', ifVersion: 1 }), 'conflict')
    const second = await alice.memories.publish(from, to, { key: 'due', ifVersion: 1 })
    expect(second).toMatchObject({ version: 2, value: 'April 1st', metadata: { source: 'chat' } })
    await alice.memories.delete(to, 'due')
    expect(await alice.memories.publish(from, to, { key: 'due' })).toMatchObject({ version: 4 })
    expect((await alice.memories.fromOrigin({ memory: { ...from, version: 2 } })).items).toHaveLength(2)
  })

  it('does not change what happened', async () => {
    const { alice } = await withNote()
    const to = 'user:alice:log'
    await alice.memories.add({ namespace: to, key: 'deadline', value: 1, type: 'episodic' })
    await refusal(alice.memories.publish(from, to), 'immutable')
  })

  it('takes the right to read there and to write here, decided before anything is looked up', async () => {
    const { root, alice, member } = await withNote()
    for (const key of ['deadline', 'none']) {
      await refusal(member.memories.publish({ ...from, key }, 'user:bob'), 'forbidden')
      await refusal(member.memories.publish({ namespace: 'user:bob', key }, 'project:apollo'), 'forbidden')
    }
    await refusal(alice.memories.publish({ ...from, key: 'none' }, 'project:apollo'), 'not_found')
    await refusal(alice.memories.publish(from, from.namespace), 'invalid_input')
    await refusal(alice.memories.publish({ ...from, version: 1 } as never, 'project:apollo'), 'invalid_input')
    expect((await root.memories.list({ namespace: 'project:apollo' })).items).toEqual([])
  })
})
