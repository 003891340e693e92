import { describe, expect, it } from 'vitest'
import { parseAs } from '../../src/cli/principal.js'
import { thrown } from '../helpers/refusal.js'

describe('--as', () => {
  it('names a principal', () => {
    expect(parseAs('user=alice,app=support,project=apollo,session=s1,agent=planner')).toEqual({
      user: 'alice',
      app: 'support',
      project: 'apollo',
      session: 's1',
      agent: 'planner',
    })
  })

  it('takes grants', () => {
    expect(parseAs('app=a,grant=app:write,grant=project:write,grant=user:bob=read+write,grant=app:b=c=read')).toEqual({
      app: 'a',
      grants: [
        'app:write',
        'project:write',
        { namespace: 'user:bob', rights: ['read', 'write'] },
        { namespace: 'app:b=c', rights: ['read'] },
      ],
    })
  })

  it('adds up', () => {
    expect(parseAs('grant=app:write', parseAs('user=alice, app=x'))).toEqual({
      user: 'alice',
      app: 'x',
      grants: ['app:write'],
    })
  })

  it('takes the JSON of a principal', () => {
    expect(parseAs('{"user":"alice, the first"}')).toEqual({ user: 'alice, the first' })
  })

  it.each([
    ['', /nobody/],
    ['alice', /alice has no value/],
    ['user=', /user has no value/],
    ['user=alice,', /nobody/],
    ['usr=alice', /'usr' is not one of user, app/],
    ['user=alice,user=bob', /two of user/],
    ['grant=user:bob', /not a grant/],
    ['grant=user:bob=all', /not a grant/],
    ['{"user"', /not JSON/],
  ])('refuses %j', (text, message) => {
    const error = thrown(() => parseAs(text), 'invalid_input')
    expect(error.message).toMatch(message)
    expect(error.hint).toBeDefined()
  })
})
