import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { didYouMean, objectOf, parse } from '../src/parse.js'
import { thrown } from './helpers/refusal.js'

const schema = z.strictObject({
  name: z.string(),
  limit: z.number().int().optional(),
  nested: z.strictObject({ colour: z.string().optional() }).optional(),
  defaulted: z.strictObject({ size: z.number().optional() }).prefault({}),
})

describe('parsing', () => {
  it('gives what the schema makes of the input', () => {
    expect(parse(schema, { name: 'a' }, 'The thing')).toEqual({ name: 'a', defaulted: {} })
  })

  it('names every field at fault in one message', () => {
    const error = thrown(() => parse(schema, { name: 1, limit: 'x' }, 'The thing'), 'invalid_input')
    expect(error.message).toBe(
      'The thing: name: expected string, received number; limit: expected number, received string.',
    )
    expect(error.hint).toBe('Correct what is named here and call again.')
    expect(thrown(() => parse(schema, {}, 'The thing', 'Look here.'), 'invalid_input').hint).toBe('Look here.')
  })

  it.each([
    [{ name: 'a', limitt: 1 }, 'Did you mean limit?'],
    [{ name: 'a', Name: 1 }, 'Did you mean name?'],
    [{ name: 'a', zebra: 1 }, 'Known fields are name, limit, nested, defaulted.'],
    [{ name: 'a', nested: { color: 'red' } }, 'Did you mean colour?'],
    [{ name: 'a', defaulted: { sise: 1 } }, 'Did you mean size?'],
    [{ name: 'a', defaulted: { zebra: 1 } }, 'Known fields are size.'],
    [{ nmae: 'a', zebra: 1 }, 'Did you mean name? Known fields are name, limit, nested, defaulted.'],
  ])('%j hints: %s', (input, hint) => {
    expect(thrown(() => parse(schema, input, 'The thing'), 'invalid_input').hint).toBe(hint)
  })

  it('says in plain words what is missing, and what a union takes', () => {
    const moment = z.union([z.string(), z.number()])
    const shape = z.strictObject({
      value: z.unknown(),
      name: z.string(),
      at: moment,
      guard: z.union([z.int().min(1), z.object({ version: z.int() })]),
    })
    const message = (input: unknown) => thrown(() => parse(shape, input, 'The thing'), 'invalid_input').message
    expect(message({})).toBe('The thing: value: is missing; name: is missing; at: is missing; guard: is missing.')
    expect(message(undefined)).toBe('The thing: is missing.')
    const value = { value: 1, name: 'a', at: null, guard: 1 }
    expect(message(value)).toBe('The thing: at: expected string or number, received null.')
    const nested = z.strictObject({ either: z.union([z.strictObject({ a: z.string() }), z.number()]) })
    const error = thrown(() => parse(nested, { either: { a: 1 } }, 'The thing'), 'invalid_input')
    expect(error.message).toBe('The thing: either: Invalid input.')
  })

  it('refuses what is no object at all', () => {
    for (const input of [undefined, null, [], 'x']) thrown(() => parse(schema, input, 'The thing'), 'invalid_input')
    expect(thrown(() => parse(z.enum(['a', 'b']), 'c', 'The status'), 'invalid_input').message).toMatch(/^The status: /)
  })
})

describe('a name', () => {
  it('is taken for the nearest known one, if that is near', () => {
    expect(didYouMean('namespce', ['namespace', 'name'])).toBe('Did you mean namespace?')
    expect(didYouMean('x', ['namespace'])).toBeUndefined()
    expect(didYouMean('foo', ['from', 'to'])).toBeUndefined()
    expect(didYouMean('namesapce', ['namespace'])).toBe('Did you mean namespace?')
    expect(didYouMean('naemspcea', ['namespace'])).toBeUndefined()
    expect(didYouMean('anything', [])).toBeUndefined()
  })
})

describe('an object of any names', () => {
  const numbers = objectOf(z.number())

  it('keeps every name, __proto__ too', () => {
    const input = JSON.parse('{"__proto__":1,"a":2}')
    expect(JSON.stringify(numbers.parse(input))).toBe('{"__proto__":1,"a":2}')
    expect(numbers.parse(Object.create(null))).toEqual({})
  })

  it('refuses values of another kind, by name, and what is no plain object', () => {
    expect(thrown(() => parse(numbers, { a: 1, b: 'x' }, 'The numbers'), 'invalid_input').message).toContain('b: ')
    for (const input of [[], null, 'x', new Map(), new Date()])
      expect(thrown(() => parse(numbers, input, 'The numbers'), 'invalid_input').message).toContain(
        'expected an object',
      )
  })

  it('says what a value at fault may be', () => {
    const filter = z.strictObject({ metadata: objectOf(z.union([z.string(), z.number(), z.null()])) })
    expect(thrown(() => parse(filter, { metadata: { a: {} } }, 'list'), 'invalid_input').message).toBe(
      'list: metadata.a: expected string or number or null, received object.',
    )
  })

  it('is an object in a JSON schema', () => {
    expect(z.toJSONSchema(z.strictObject({ values: numbers }))).toMatchObject({
      properties: { values: { type: 'object' } },
    })
  })
})
