import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SlotMap } from '../../src/vectors/slot-map.js'

const item = fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
const step = fc.record({ item, slot: fc.option(fc.nat({ max: 1e6 }), { freq: 2 }) })

it('finds what a Map finds, after any settings and deletions', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const [map, model] = [new SlotMap(), new Map<number, number>()]
      for (const { item, slot } of steps) {
        if (slot === null) {
          map.delete(item)
          model.delete(item)
        } else {
          map.set(item, slot)
          model.set(item, slot)
        }
      }
      for (const { item } of steps) expect(map.get(item)).toBe(model.get(item) ?? -1)
    }),
  )
})

it('takes at most 22 bytes an item', () => {
  const map = new SlotMap()
  for (let i = 0; i < 200_000; i++) map.set(3 * i, i)
  expect(map.bytes / 200_000).toBeLessThan(22)
  expect(map.get(3 * 199_999)).toBe(199_999)
  expect(map.get(1)).toBe(-1)
})
