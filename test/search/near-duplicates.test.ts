import { describe, expect, it } from 'vitest'
import { essences, nameTheSame } from '../../src/search/near-duplicates.js'
import { readPlain } from '../../src/search/read-text.js'

const essence = (text: string): string => essences()(readPlain('', text))

describe('the essence of a text', () => {
  it.each([
    ['The user likes tea', 'User likes tea.'],
    ['She was walking to the harbour', 'walks to a harbour'],
    ['LIKES   TEA!', 'likes tea'],
    ['to be or not to be', 'to be, or not to be?'],
  ])('is the same for %s and %s', (one, other) => expect(essence(one)).toBe(essence(other)))

  it.each([
    ['likes tea', 'likes no tea'],
    ['Alice likes Bob', 'Bob likes Alice'],
    ['meets Ann at 5', 'meets Ann at 6'],
    ['did it', "didn't do it"],
  ])('is another for %s and %s', (one, other) => expect(essence(one)).not.toBe(essence(other)))
})

describe('names, numbers and negations', () => {
  it.each([
    ['Alice drinks oat milk', 'oat milk is what Alice drinks'],
    ['He does not eat meat', 'He never eats meat'],
    ['The plan has 3 steps', 'a plan of 3 steps'],
    ['Ann drinks tea. Ann drinks it black', 'Ann drinks black tea'],
  ])('are the same in %s and %s', (one, other) => expect(nameTheSame(one, other)).toBe(true))

  it.each([
    ['Alice drinks milk', 'Bob drinks milk'],
    ['He eats meat', 'He does not eat meat'],
    ['in 2023', 'in 2024'],
    ['version v2', 'version v3'],
    ['Ann owes Bob money', 'Bob owes Ann money'],
    ['it was 3 for Ann and 4 for Bob', 'it was 4 for Ann and 3 for Bob'],
    ['Ann owes Bob', 'Ann owes Bob what Bob owes Ann'],
  ])('differ in %s and %s', (one, other) => expect(nameTheSame(one, other)).toBe(false))
})
