import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { may, narrow, ownsSession, readable } from '../../src/access/policy.js'
import { actorOf, type Grant, isRoot, type Principal, parsePrincipal, root } from '../../src/access/principal.js'
import { CairnError } from '../../src/errors.js'
import { thrown } from '../helpers/refusal.js'
import { openStore } from '../store.js'
import { namespaceArbitrary, oracle, owns, principalArbitrary } from './world.js'

const everyRight = ['read', 'write'] as const

describe('a principal', () => {
  it('keeps what was named, in canonical form', () => {
    const grants: Grant[] = ['app:write', { namespace: 'project:re\u0301mi', rights: ['write', 'read', 'write'] }]
    expect(
      parsePrincipal({ app: 'shop', user: 're\u0301mi', project: 'p', session: 's', agent: 'a:1', grants }),
    ).toEqual({
      app: 'shop',
      user: 'rémi',
      project: 'p',
      session: 's',
      agent: 'a:1',
      grants: ['app:write', { namespace: 'project:rémi', rights: ['write', 'read'] }],
    })
  })

  it('may be nobody', () => {
    expect(parsePrincipal({})).toEqual({})
    expect(parsePrincipal({ grants: [] })).toEqual({})
  })

  it.each([
    { user: '' },
    { user: 'a:b' },
    { user: 'a\nb' },
    { user: 7 },
    { user: 'x'.repeat(201) },
    { app: 'a:b' },
    { project: '' },
    { session: 'user:alice' },
    { agent: '' },
    { name: 'alice' },
    { root: true },
    { grants: 'app:write' },
    { grants: ['user:write'] },
    { grants: [{ namespace: 'user:a', rights: [] }] },
    { grants: [{ namespace: 'user:a', rights: ['delete'] }] },
    { grants: [{ namespace: 'user', rights: ['read'] }] },
    { grants: [{ namespace: 'temp:a', rights: ['read'] }] },
    { grants: [{ namespace: 'user:a', rights: ['read'], extra: 1 }] },
    'alice',
    null,
  ])('is not %j', (input) => {
    thrown(() => parsePrincipal(input), 'invalid_input')
  })

  it('is never root by anything that it says about itself', async () => {
    const { cairn } = await openStore()
    expect(isRoot(root)).toBe(true)
    expect(isRoot(parsePrincipal({ agent: 'root', user: 'root' }))).toBe(false)
    thrown(() => cairn.as({ root: true } as never), 'invalid_input')
    thrown(() => cairn.as(JSON.parse('{"__proto__":{"root":true},"user":"a"}')), 'invalid_input')
  })

  it('is named in the trail by who acts, then by whom for', () => {
    expect(actorOf(root)).toBe('root')
    expect(actorOf({ agent: 'planner', user: 'alice', app: 'shop' })).toBe('agent:planner')
    expect(actorOf({ user: 'alice', session: 's1', app: 'shop' })).toBe('user:alice')
    expect(actorOf({ session: 's1', app: 'shop' })).toBe('session:s1')
    expect(actorOf({ app: 'shop', project: 'p' })).toBe('app:shop')
    expect(actorOf({ project: 'p' })).toBe('project:p')
    expect(actorOf({})).toBe('nobody')
  })
})

describe('the policy', () => {
  it.each<[Principal, 'read' | 'write', string, boolean]>([
    [{ user: 'alice' }, 'write', 'user:alice:prefs', true],
    [{ user: 'alice' }, 'read', 'user:alicebob', false],
    [{ user: 'alice' }, 'read', 'session:s1', false],
    [{ session: 's1' }, 'write', 'session:s1:notes', true],
    [{ session: 's1' }, 'read', 'session:s2', false],
    [{ app: 'shop' }, 'read', 'app:shop:config', true],
    [{ app: 'shop' }, 'write', 'app:shop:config', false],
    [{ app: 'shop', grants: ['app:write'] }, 'write', 'app:shop:config', true],
    [{ app: 'shop', grants: ['app:write'] }, 'write', 'project:apollo', false],
    [{ grants: ['app:write', 'project:write'] }, 'write', 'app:shop', false],
    [{ project: 'apollo' }, 'read', 'project:apollo', true],
    [{ project: 'apollo' }, 'write', 'project:apollo', false],
    [{ project: 'apollo', grants: ['project:write'] }, 'write', 'project:apollo:x', true],
    [{ project: 'apollo', grants: ['project:write'] }, 'write', 'project:apollo11', false],
    [{ grants: [{ namespace: 'user:bob:shared', rights: ['read'] }] }, 'read', 'user:bob:shared:x', true],
    [{ grants: [{ namespace: 'user:bob:shared', rights: ['read'] }] }, 'write', 'user:bob:shared', false],
    [{ grants: [{ namespace: 'user:bob:shared', rights: ['read'] }] }, 'read', 'user:bob', false],
    [{ grants: [{ namespace: 'user:bob', rights: ['write'] }] }, 'read', 'user:bob', false],
    [{ agent: 'alice' }, 'read', 'user:alice', false],
    [{}, 'read', 'app:shop', false],
  ])('%j may %s %s: %s', (principal, right, namespace, expected) => {
    expect(may(principal, right, namespace)).toBe(expected)
  })

  it('gives what the table of rights says and nothing else', () => {
    fc.assert(
      fc.property(principalArbitrary, namespaceArbitrary, fc.constantFrom(...everyRight), (principal, name, right) => {
        expect(may(principal, right, name)).toBe(oracle(principal, right, name))
      }),
      { numRuns: 2000 },
    )
  })

  it('lists as readable exactly what may be read', () => {
    fc.assert(
      fc.property(principalArbitrary, namespaceArbitrary, (principal, name) => {
        const outer = readable(principal) ?? []
        expect(outer.some((each) => name === each || name.startsWith(`${each}:`))).toBe(may(principal, 'read', name))
      }),
    )
  })

  it('gives root everything', () => {
    expect(may(root, 'write', 'user:anyone')).toBe(true)
    expect(readable(root)).toBeUndefined()
    expect(ownsSession(root, { app: 'a', user: 'u' })).toBe(true)
  })

  it('gives a session to its app and user together', () => {
    const owner = { app: 'shop', user: 'alice' }
    expect(ownsSession({ app: 'shop', user: 'alice' }, owner)).toBe(true)
    expect(ownsSession({ user: 'alice' }, owner)).toBe(false)
    expect(ownsSession({ app: 'shop' }, owner)).toBe(false)
    expect(ownsSession({ app: 'shop', user: 'bob' }, owner)).toBe(false)
    expect(ownsSession({ app: 'shop2', user: 'alice' }, owner)).toBe(false)
  })
})

describe('as()', () => {
  const full: Principal = {
    app: 'shop',
    user: 'alice',
    project: 'apollo',
    session: 's1',
    grants: ['app:write', { namespace: 'user:bob:shared', rights: ['read', 'write'] }],
  }

  it('gives from the root handle whatever is asked for', () => {
    expect(narrow(root, full)).toEqual(full)
  })

  it('gives up what is not named', () => {
    expect(narrow(full, { user: 'alice' })).toEqual({ user: 'alice' })
    expect(narrow(full, {})).toEqual({})
  })

  it.each<Principal>([
    { user: 'bob' },
    { app: 'other' },
    { project: 'apollo11' },
    { session: 's2' },
    { grants: ['project:write'] },
    { grants: [{ namespace: 'user:bob', rights: ['read'] }] },
    { grants: [{ namespace: 'user:bob:shared2', rights: ['read'] }] },
    { grants: [{ namespace: 'app:other', rights: ['read'] }] },
  ])('refuses %j to a handle that does not have it', (next) => {
    const error = thrown(() => narrow(full, next), 'forbidden')
    expect(error.hint).toContain('only narrows')
  })

  it('takes no field that the handle left out', () => {
    thrown(() => narrow({ user: 'alice' }, { user: 'alice', app: 'shop' }), 'forbidden')
    thrown(() => narrow({}, { session: 's1' }), 'forbidden')
  })

  it('takes a part of a grant, and of what the handle may by being someone', () => {
    const part: Principal = { grants: [{ namespace: 'user:bob:shared:notes', rights: ['read'] }] }
    expect(narrow(full, part)).toEqual(part)
    const work: Principal = { grants: [{ namespace: 'user:alice:work', rights: ['read', 'write'] }] }
    expect(narrow({ user: 'alice' }, work)).toEqual(work)
    thrown(() => narrow({ app: 'shop' }, { grants: [{ namespace: 'app:shop:x', rights: ['write'] }] }), 'forbidden')
  })

  it('lets an agent name itself once, since that gives no right', () => {
    expect(narrow({ user: 'alice' }, { user: 'alice', agent: 'planner' })).toEqual({ user: 'alice', agent: 'planner' })
    expect(narrow({ user: 'alice', agent: 'planner' }, { user: 'alice' })).toEqual({ user: 'alice', agent: 'planner' })
    thrown(() => narrow({ user: 'alice', agent: 'planner' }, { user: 'alice', agent: 'writer' }), 'forbidden')
  })

  it('never gives a right that the handle does not have', () => {
    fc.assert(
      fc.property(principalArbitrary, principalArbitrary, namespaceArbitrary, (held, wanted, name) => {
        const got = narrowed(held, wanted)
        if (got === undefined) return
        for (const right of everyRight) expect(may(got, right, name) && !may(held, right, name)).toBe(false)
        for (const owner of [
          { app: 'shop', user: 'alice' },
          { app: 'shop2', user: 'bob' },
        ])
          expect(owns(got, owner) && !owns(held, owner)).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('gives every handle to itself', () => {
    fc.assert(
      fc.property(principalArbitrary, (principal) => {
        expect(narrow(principal, principal)).toEqual(principal)
      }),
    )
  })

  it('works on the handles of a store', async () => {
    const { cairn } = await openStore()
    const alice = cairn.as({ app: 'shop', user: 'alice' })
    await alice.as({ user: 'alice' }).memories.add({ namespace: 'user:alice', key: 'k', value: 1, type: 'semantic' })
    thrown(() => alice.as({ user: 'bob' }), 'forbidden')
    thrown(() => alice.as({ user: 'alice' }).as({ app: 'shop' }), 'forbidden')
    const worker = alice.as({ agent: 'worker', grants: [{ namespace: 'user:alice', rights: ['read'] }] })
    expect(await worker.memories.get('user:alice', 'k')).toMatchObject({ value: 1, createdBy: 'user:alice' })
    await expect(worker.memories.delete('user:alice', 'k')).rejects.toMatchObject({ code: 'forbidden' })
  })
})

function narrowed(held: Principal, wanted: Principal): Principal | undefined {
  try {
    return narrow(held, wanted) as Principal
  } catch (error) {
    if (error instanceof CairnError && error.code === 'forbidden') return undefined
    throw error
  }
}
