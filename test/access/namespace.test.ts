import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ancestors,
  compareBytes,
  contains,
  disjoint,
  everything,
  parseId,
  parseName,
  parseNamespace,
  parseSegment,
  type Span,
  spansOf,
  spansOfAll,
} from '../../src/access/namespace.js'
import { thrown } from '../helpers/refusal.js'

const strange = [
  '_',
  '%',
  '*',
  '[',
  '!',
  '~',
  ' ',
  ';',
  '/',
  '\\',
  "'",
  '"',
  '0',
  'a',
  'é',
  '東',
  '\uffff',
  '😀',
  '\u{10fffe}',
]

/** Segments that lie around ':' and around each other in every order there is. */
const segment = fc.string({ unit: fc.constantFrom(...strange), minLength: 1, maxLength: 4 })
const namespace = fc
  .tuple(fc.constantFrom('user', 'app', 'project', 'session'), fc.array(segment, { minLength: 1, maxLength: 4 }))
  .map(([prefix, segments]) => [prefix, ...segments].join(':'))
/** Pairs that often are near each other: the one, a part of it, the one with a bit more. */
const pair = fc.oneof(
  fc.tuple(namespace, namespace),
  fc.tuple(namespace, segment).map(([outer, more]) => [outer, `${outer}:${more}`] as [string, string]),
  fc.tuple(namespace, segment).map(([outer, more]) => [outer, `${outer}${more}`] as [string, string]),
  namespace.map((same) => [same, same] as [string, string]),
)

function isInSpans(spans: Span[], name: string): boolean {
  return spans.some(({ from, to }) => compareBytes(from, name) <= 0 && compareBytes(name, to) < 0)
}

describe('a namespace', () => {
  it.each([
    'user:alice',
    'app:support:config',
    'project:apollo',
    'session:s1:notes',
    'user:a_b%*[x]!~',
    'user:😀:東京',
  ])('%s is one', (text) => expect(parseNamespace(text)).toBe(text))

  it.each([
    ['user', 'it has no segment'],
    ['user:', 'it has an empty segment'],
    ['user::a', 'it has an empty segment'],
    ['user:a:', 'it has an empty segment'],
    [':a', "unknown prefix ''"],
    ['users:a', "unknown prefix 'users'"],
    ['User:a', "unknown prefix 'User'"],
    ['docs:a', "unknown prefix 'docs'"],
    ['alice', "unknown prefix 'alice'"],
    ['', 'is empty'],
    ['user:a\nb', 'control character'],
    ['user:a\u0001', 'control character'],
    ['user:a\u0085', 'control character'],
    ['user:\ud800', 'lone surrogate'],
  ])('%j is none: %s', (text, why) => {
    const error = thrown(() => parseNamespace(text), 'invalid_input')
    expect(error.message).toContain(why)
  })

  it.each([undefined, null, 7, ['user:a'], { namespace: 'user:a' }])('%j is none: it is not a text', (input) => {
    expect(thrown(() => parseNamespace(input), 'invalid_input').message).toMatch(/must be a text, not/)
  })

  it('of temp: is refused with the place where such things go', () => {
    const error = thrown(() => parseNamespace('temp:s1'), 'invalid_input')
    expect(error.hint).toContain('session state as temp:')
  })

  it('may be 512 bytes of UTF-8 long and not one more', () => {
    const longest = `user:${'é'.repeat(253)}x`
    expect(Buffer.byteLength(longest)).toBe(512)
    expect(parseNamespace(longest)).toBe(longest)
    expect(thrown(() => parseNamespace(`${longest}x`), 'invalid_input').message).toContain('over 512 bytes')
  })

  it('is brought into composed form, so that one name has one spelling', () => {
    expect(parseNamespace('user:re\u0301mi')).toBe('user:rémi')
    expect(parseNamespace('user:\u1112\u1161\u11ab')).toBe('user:한')
  })

  it('is case-sensitive and no compatibility form is changed', () => {
    expect(parseNamespace('user:Alice')).toBe('user:Alice')
    expect(parseNamespace('user:ﬁ①')).toBe('user:ﬁ①')
  })

  it('comes out of the parser as it went in, once it has been there', () => {
    fc.assert(
      fc.property(namespace, (text) => {
        const parsed = parseNamespace(text)
        expect(parseNamespace(parsed)).toBe(parsed)
      }),
    )
  })
})

describe('names', () => {
  it('that stand as one segment have no colon and at most 200 characters', () => {
    expect(parseSegment('a'.repeat(200), 'The user')).toHaveLength(200)
    expect(thrown(() => parseSegment('a'.repeat(201), 'The user'), 'invalid_input').message).toContain(
      'The user is over',
    )
    expect(thrown(() => parseSegment('a:b', 'The user'), 'invalid_input').message).toContain('has a colon')
  })

  it('that are ids may have colons', () => {
    expect(parseId('run:1', 'The eventId')).toBe('run:1')
    expect(thrown(() => parseId('x'.repeat(201), 'The eventId'), 'invalid_input').message).toContain('200 characters')
  })

  it('are never empty and never hold control characters', () => {
    expect(parseName('a b', 'The key')).toBe('a b')
    for (const text of ['', '\t', 'a\0', '\u007f', '\u009f', 'x'.repeat(513)]) {
      expect(thrown(() => parseName(text, 'The key'), 'invalid_input').message).toContain('The key')
    }
  })
})

describe('containment', () => {
  it.each([
    ['user:alice', 'user:alice', true],
    ['user:alice', 'user:alice:prefs', true],
    ['user:alice', 'user:alice:prefs:deep', true],
    ['user:alice:prefs', 'user:alice', false],
    ['user:alice', 'user:alicebob', false],
    ['user:alice', 'user:alice!x', false],
    ['user:alice', 'user:alice!x:y', false],
    ['user:alice', 'USER:ALICE', false],
    ['user:a_c', 'user:abc', false],
    ['user:%', 'user:alice', false],
    ['user:*', 'user:alice:x', false],
    ['user:[ab]', 'user:a', false],
    ['user:😀', 'user:😀:x', true],
    ['user:😀', 'user:😀😀', false],
  ])('%s contains %s: %s', (outer, inner, expected) => {
    expect(contains(outer, inner)).toBe(expected)
  })

  it('is by whole segments', () => {
    fc.assert(
      fc.property(pair, ([outer, inner]) => {
        const [wanted, found] = [outer.split(':'), inner.split(':')]
        const bySegments = wanted.every((part, index) => found[index] === part)
        expect(contains(outer, inner)).toBe(bySegments)
      }),
      { numRuns: 1000 },
    )
  })

  it('goes up through the ancestors and nothing else', () => {
    expect(ancestors('user:a')).toEqual(['user:a'])
    expect(ancestors('user:a:b:c')).toEqual(['user:a', 'user:a:b', 'user:a:b:c'])
    fc.assert(
      fc.property(pair, ([outer, inner]) => {
        expect(ancestors(inner).includes(outer)).toBe(contains(outer, inner))
      }),
    )
  })
})

describe('ranges of names in the order of UTF-8 bytes', () => {
  it('hold exactly what a namespace contains', () => {
    fc.assert(
      fc.property(pair, ([outer, inner]) => {
        expect(isInSpans(spansOf(outer), inner)).toBe(contains(outer, inner))
      }),
      { numRuns: 2000 },
    )
  })

  it('do so for neighbours that sort between a name and what is below it', () => {
    const inside = (name: string) => isInSpans(spansOf('user:alice'), name)
    expect(['user:alice', 'user:alice:', 'user:alice:x', 'user:alice:\u{10ffff}'].map(inside)).toEqual(
      Array(4).fill(true),
    )
    const outside = [
      'user:alic',
      'user:alice!x',
      'user:alice;',
      'user:alice0',
      'user:alice~',
      'user:alicebob',
      'user:alice😀',
    ]
    expect(outside.map(inside)).toEqual(outside.map(() => false))
  })

  it('of several namespaces hold exactly what any of them contains, in order and without overlap', () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 4 }), (pairs) => {
        const outer = pairs.map(([first]) => first)
        const spans = spansOfAll(outer)
        for (const name of pairs.flat()) {
          expect(isInSpans(spans, name)).toBe(outer.some((each) => contains(each, name)))
        }
        for (const [index, { from, to }] of spans.entries()) {
          expect(compareBytes(from, to)).toBeLessThan(0)
          const next = spans[index + 1]
          if (next) expect(compareBytes(to, next.from)).toBeLessThanOrEqual(0)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('hold every namespace when they stand for the whole store', () => {
    fc.assert(
      fc.property(namespace, (name) => {
        expect(isInSpans([everything], name)).toBe(true)
      }),
    )
  })

  it('are compared as bytes: an astral character comes after the last of the basic plane', () => {
    expect('\uffff' < '😀').toBe(false)
    expect(compareBytes('\uffff', '😀')).toBeLessThan(0)
    expect(compareBytes('user:a', 'user:a')).toBe(0)
    expect(compareBytes('user:a', 'user:a:')).toBeLessThan(0)
  })
})

describe('a list of namespaces without overlap', () => {
  it('keeps the outermost ones, once each, in order', () => {
    expect(disjoint(['user:b', 'user:a:x', 'user:a', 'user:a', 'user:ab'])).toEqual(['user:a', 'user:ab', 'user:b'])
    expect(disjoint([])).toEqual([])
  })

  it('contains what the list contained', () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 5 }), namespace, (pairs, name) => {
        const list = pairs.flat()
        const found = disjoint(list)
        expect(found.some((outer) => contains(outer, name))).toBe(list.some((outer) => contains(outer, name)))
        for (const one of found) {
          expect(found.filter((outer) => contains(outer, one))).toEqual([one])
          expect(list).toContain(one)
        }
        expect(found).toEqual([...found].sort(compareBytes))
      }),
    )
  })
})

describe('an id that is a segment', () => {
  it('leaves room for a prefix and a key beside it', () => {
    expect(parseSegment('爱'.repeat(133), 'The user')).toHaveLength(133)
    expect(() => parseSegment('爱'.repeat(134), 'The user')).toThrow(/over 400 bytes/)
  })
})
