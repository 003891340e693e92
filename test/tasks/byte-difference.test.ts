import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyDifference, makeDifference } from '../../src/tasks/byte-difference.js'
import { matchRun } from '../../src/tasks/byte-runs.js'

/** The difference of two texts, after a look that it makes the second of the first. */
function differenceOf(base: string | Buffer, next: string | Buffer): Buffer {
  const [from, to] = [Buffer.from(base), Buffer.from(next)]
  const difference = makeDifference(from, to)
  expect(applyDifference(from, difference, Buffer.alloc(to.length))?.equals(to)).toBe(true)
  return difference
}

const words = 'alpha beta gamma delta epsilon zeta eta theta iota kappa 東京 🚀 é "quoted\\" '.split(' ')
const sentence = fc.array(fc.constantFrom(...words), { maxLength: 400 }).map((parts) => parts.join(' '))
const text = fc.oneof(sentence, fc.string({ unit: 'grapheme', maxLength: 600 }), fc.constant(''))

/** What happens to a state between two iterations: parts of it go, come, move, are repeated. */
const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(300), insert: text })

function edited(base: string, edits: { at: number; remove: number; insert: string }[]): string {
  return edits.reduce((found, { at, remove, insert }) => {
    const start = Math.floor(at * found.length)
    return found.slice(0, start) + insert + found.slice(start + remove)
  }, base)
}

describe('a difference', () => {
  it('makes the next text of the one before, whatever was changed', () => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 8 }).map((parts) => parts.join('')),
        fc.array(edit, { maxLength: 6 }),
        (base, edits) => void differenceOf(base, edited(base, edits)),
      ),
      { numRuns: 500 },
    )
  })

  it('makes any bytes of any others', () => {
    const bytes = fc.uint8Array({ maxLength: 2_000, max: 3 })
    fc.assert(
      fc.property(bytes, bytes, (base, next) => void differenceOf(Buffer.from(base), Buffer.from(next))),
      { numRuns: 500 },
    )
  })

  it('of equal texts is a few bytes', () => {
    expect(differenceOf('x'.repeat(100_000), 'x'.repeat(100_000)).length).toBeLessThan(16)
    expect(differenceOf('', '').length).toBe(3)
  })

  const items = (count: number, note: (id: number) => string): string =>
    JSON.stringify(Array.from({ length: count }, (_, id) => ({ id, role: 'agent', note: note(id) })))
  const note = (id: number): string => words[id % words.length] + String(Math.sin(id)).repeat(5)

  it('has little more than what was changed in place', () => {
    const base = items(1_000, note)
    const next = items(1_000, (id) => (id % 100 === 7 ? `changed ${note(id + 1)}` : note(id)))
    expect(differenceOf(base, next).length).toBeLessThan(10 * 140)
  })

  it('has little more than what came when everything else moved', () => {
    const entries = JSON.parse(items(1_000, note)) as object[]
    const fresh = { id: 1_000, role: 'agent', note: 'the latest of them' }
    const difference = differenceOf(JSON.stringify(entries), JSON.stringify([...entries.slice(10), fresh]))
    expect(difference.length).toBeLessThan(120)
  })

  it('finds a part that went elsewhere', () => {
    const base = items(500, note)
    const moved = base.slice(base.length / 2) + base.slice(0, base.length / 2)
    expect(differenceOf(base, moved).length).toBeLessThan(200)
  })

  it('of a text that has nothing of the one before is little longer than the text', () => {
    const next = Buffer.from(Array.from({ length: 5_000 }, (_, index) => Math.floor(Math.abs(Math.sin(index)) * 256)))
    expect(differenceOf('a'.repeat(5_000), next).length).toBeLessThan(5_000 + 64)
  })

  it('that is damaged never throws, and makes nothing when it is cut off', () => {
    const base = Buffer.from(items(60, note))
    const next = Buffer.from(items(60, (id) => (id % 9 === 0 ? 'changed' : note(id))))
    const difference = makeDifference(base, next)
    fc.assert(
      fc.property(fc.nat(difference.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
        const broken = Buffer.from(cut ? difference.subarray(0, at) : difference)
        if (!cut) broken[at] = (broken[at] ?? 0) ^ flip
        const made = applyDifference(base, broken, Buffer.alloc(next.length))
        if (cut) expect(made).toBeUndefined()
        else expect(made?.length ?? next.length).toBe(next.length)
      }),
      { numRuns: 500 },
    )
  })

  it('makes nothing of another base, of an unknown version, or in too little room', () => {
    const [base, next] = [Buffer.from('one two three'), Buffer.from('one two three four')]
    const difference = makeDifference(base, next)
    const room = Buffer.alloc(100)
    expect(applyDifference(base, difference, room)?.toString()).toBe('one two three four')
    expect(applyDifference(Buffer.from('one two'), difference, room)).toBeUndefined()
    expect(applyDifference(base, difference, Buffer.alloc(5))).toBeUndefined()
    const newer = Buffer.from(difference)
    newer[0] = 2
    expect(applyDifference(base, newer, room)).toBeUndefined()
    expect(applyDifference(base, Buffer.from([1, 255, 255, 255, 255, 255, 255, 255, 255]), room)).toBeUndefined()
    expect(applyDifference(base, Buffer.from([1, 2, 13, 200, 1, 9, 9]), room)).toBeUndefined()
  })
})

describe('matchRun', () => {
  it('counts the bytes that are the same, however many', () => {
    for (const length of [0, 1, 31, 32, 33, 255, 256, 257, 300, 5_000, 70_000, 200_001]) {
      const base = Buffer.alloc(250_000, 'ab')
      const next = Buffer.alloc(250_000, 'ab')
      next[length + 2] = 1
      expect(matchRun(base, 4, next, 2), `${length}`).toBe(length)
    }
    expect(matchRun(Buffer.from('abc'), 0, Buffer.from('abcd'), 0)).toBe(3)
    expect(matchRun(Buffer.alloc(1_000), 10, Buffer.alloc(500), 0)).toBe(500)
  })
})
