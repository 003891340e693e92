import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base'
import { describe, expect, it } from 'vitest'
import { firstHalf, fitText } from '../../src/embeddings/fit-text.js'

describe('a text that fits', () => {
  it.each(['', 'short', 'é'.repeat(50), '漢'.repeat(30), '🙂'.repeat(25)])('is left as it is: %s', async (text) => {
    expect(await fitText(text, 100)).toBe(text)
  })

  it('is left as it is when it has many letters, but few tokens', async () => {
    const text = 'The tower is open to visitors. '.repeat(10)
    expect(text.length).toBeGreaterThan(100)
    expect(await fitText(text, 100)).toBe(text)
  })
})

describe('a text that is too long', () => {
  it.each([
    ['prose', 'The tower is open to visitors on Sundays. '.repeat(500)],
    ['Chinese', '塔楼星期天对游客开放，'.repeat(2_000)],
    ['emoji', '👩‍👩‍👧🙂'.repeat(2_000)],
    ['wide margins', `${' '.repeat(60)}word\n`.repeat(1_000)],
    ['one word', 'x'.repeat(60_000)],
    ['what looks like a token', '<|endoftext|>'.repeat(1_000)],
  ])('of %s is cut at the limit less a tenth', async (_, text) => {
    const cut = await fitText(text, 500)
    expect(text.startsWith(cut)).toBe(true)
    expect(cut.isWellFormed()).toBe(true)
    const tokens = countTokens(cut, { disallowedSpecial: new Set() })
    expect(tokens).toBeLessThanOrEqual(450)
    expect(tokens).toBeGreaterThan(400)
  })

  it('is cut without a look at all of it, even without spaces', async () => {
    // The tokenizer takes minutes for the whole.
    const cut = await fitText('漢字'.repeat(500_000), 8192)
    expect(cut.length).toBeLessThan(20_000)
  })
})

describe('the first half', () => {
  it('does not cut a character in two', () => {
    expect(firstHalf('abcd')).toBe('ab')
    expect(firstHalf('abc')).toBe('ab')
    expect(firstHalf('🙂🙂🙂')).toBe('🙂🙂')
    expect(firstHalf('')).toBe('')
  })
})
