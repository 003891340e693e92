import { expect, it } from 'vitest'
import { openStore } from '../store.js'

it('one create and five updates make six versions, which deletion, another life and restoring only add to', async () => {
  const { cairn } = await openStore()
  const { memories } = cairn.as({ user: 'alice' })
  const place = ['user:alice:facts', 'city'] as const
  const entry = { namespace: place[0], key: place[1], type: 'semantic' } as const
  const history = async () =>
    (await memories.history(...place)).items.map(({ version, value, deleted }) =>
      deleted ? `${version} gone` : `${version} ${value}`,
    )

  await memories.add({ ...entry, value: 'city 1' })
  for (let version = 2; version <= 6; version++) await memories.update(...place, `city ${version}`)
  expect(await history()).toEqual(['6 city 6', '5 city 5', '4 city 4', '3 city 3', '2 city 2', '1 city 1'])
  expect(await memories.get(...place)).toMatchObject({ version: 6, value: 'city 6' })
  expect(await memories.get(...place, { version: 1 })).toMatchObject({ version: 1, value: 'city 1' })

  expect(await memories.delete(...place)).toBe(true)
  expect(await memories.get(...place)).toBeNull()
  expect(await history()).toHaveLength(7)
  expect((await memories.restore(...place)).value).toBe('city 6')

  await memories.delete(...place)
  expect((await memories.add({ ...entry, value: 'a new one' })).version).toBe(10)
  await memories.delete(...place)
  expect(await memories.restore(...place)).toMatchObject({ version: 12, value: 'a new one' })
  expect((await history()).at(-1)).toBe('1 city 1')
})
