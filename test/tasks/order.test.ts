import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderOf } from '../../src/tasks/order.js'

const graph = fc
  .integer({ min: 1, max: 8 })
  .chain((size) => fc.array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }))
  .map((edges) => edges.map((after, index) => ({ id: `n${index}`, after: after.map((other) => `n${other}`) })))

describe('the order of what comes after others', () => {
  it('has each after what it is after, or names a circle that is one', () => {
    fc.assert(
      fc.property(graph, (nodes) => {
        const found = orderOf(nodes)
        const after = new Map(nodes.map((node) => [node.id, node.after]))
        if ('order' in found) {
          expect([...found.order].sort()).toEqual(nodes.map(({ id }) => id).sort())
          for (const node of nodes)
            for (const other of node.after)
              expect(found.order.indexOf(other)).toBeLessThan(found.order.indexOf(node.id))
        } else {
          for (const [index, id] of found.circle.entries())
            expect(after.get(id)).toContain(found.circle[(index + 1) % found.circle.length])
        }
      }),
      { numRuns: 500 },
    )
  })

  it('takes what is not among them as done, and keeps the order given where it may', () => {
    expect(
      orderOf([
        { id: 'b', after: ['elsewhere'] },
        { id: 'a', after: [] },
      ]),
    ).toEqual({ order: ['b', 'a'] })
  })

  it('finds that something waits for itself', () => {
    expect(orderOf([{ id: 'a', after: ['a'] }])).toEqual({ circle: ['a'] })
  })

  it('takes chains as long as a batch', () => {
    const nodes = Array.from({ length: 1000 }, (_, index) => ({ id: `n${index}`, after: [`n${index + 1}`] }))
    expect(orderOf(nodes)).toEqual({ order: nodes.map(({ id }) => id).reverse() })
  })
})
