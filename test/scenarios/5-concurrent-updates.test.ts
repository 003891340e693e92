import { expect, it } from 'vitest'
import { openStore, outcomeOf } from '../store.js'

const place = ['user:alice', 'city'] as const

it('four updates at once give versions 2 to 5, none lost, and a line of the trail each', async () => {
  const { cairn, path } = await openStore()
  const other = await openStore({ db: path })
  await cairn.memories.add({ namespace: place[0], key: place[1], value: 'v1', type: 'semantic' })
  const stores = [cairn, other.cairn, cairn.as({ user: 'alice' }), other.cairn.as({ user: 'alice' })]
  const updates = await Promise.all(stores.map((store, index) => store.memories.update(...place, `from ${index}`)))
  expect(updates.map(({ version }) => version).sort()).toEqual([2, 3, 4, 5])
  const { items } = await cairn.memories.history(...place)
  const written = new Map(updates.map(({ version, value }) => [version, value]))
  expect(items.map(({ version, value }) => [version, value])).toEqual(
    [5, 4, 3, 2, 1].map((version) => [version, written.get(version) ?? 'v1']),
  )
  const trail = await cairn.audit.list({ namespace: place[0], key: place[1], operation: 'update', subject: 'memory' })
  expect(trail.items.map(({ version }) => version).sort()).toEqual([2, 3, 4, 5])
})

it('of four updates that expect the same version one is written, and the others change nothing', async () => {
  const { cairn } = await openStore()
  const read = await cairn.memories.add({ namespace: place[0], key: place[1], value: 'v1', type: 'semantic' })
  const attempts = [1, 2, 3, 4].map((index) =>
    outcomeOf(() => cairn.memories.update(...place, `from ${index}`, { ifVersion: read })),
  )
  const outcomes = await Promise.all(attempts)
  expect(outcomes.filter((outcome) => 'value' in outcome)).toHaveLength(1)
  for (const outcome of outcomes)
    if ('error' in outcome)
      expect(outcome.error).toMatchObject({ code: 'conflict', details: { version: 2, expected: 1 } })
  expect((await cairn.memories.history(...place)).items).toHaveLength(2)
  expect((await cairn.audit.list({ namespace: place[0] })).items).toHaveLength(2)
})
