import { expect, it } from 'vitest'
import { openStore } from '../store.js'

const day = 86_400_000
const namespace = 'user:alice'

it('an episode of 100 days ago goes at a TTL of 90, and nothing older comes back; all else stays', async () => {
  const { cairn, clock } = await openStore()
  const today = Date.UTC(2026, 5, 1)
  const { memories } = cairn
  const at = (daysAgo: number) => clock.set(today - daysAgo * day)

  at(200)
  await memories.add({ namespace, key: 'old episode', value: 'first', type: 'episodic' })
  await memories.add({ namespace, key: 'refreshed episode', value: 'first', type: 'episodic' })
  at(100)
  // Episodes are not updated: a second version is a second life.
  await memories.delete(namespace, 'old episode')
  await memories.restore(namespace, 'old episode')
  for (const type of ['semantic', 'procedural'] as const)
    await memories.add({ namespace, key: type, value: 'kept', type })
  at(1)
  await memories.delete(namespace, 'refreshed episode')
  await memories.restore(namespace, 'refreshed episode')
  at(0)

  expect(await memories.cleanupExpired({ ttlDays: 90 })).toBe(1)
  expect(await memories.get(namespace, 'old episode')).toBeNull()
  expect((await memories.list()).items.map(({ key }) => key)).toEqual(['procedural', 'refreshed episode', 'semantic'])
  expect((await cairn.search('first')).hits.map(({ ref }) => 'key' in ref && ref.key)).toEqual(['refreshed episode'])
  expect((await memories.history(namespace, 'refreshed episode')).items).toHaveLength(3)
  const { items } = await cairn.audit.list({ subject: 'memory', operation: 'expire' })
  expect(items).toMatchObject([{ key: 'old episode', version: 4 }])
  expect(await memories.cleanupExpired({ ttlDays: 90 })).toBe(0)
})
