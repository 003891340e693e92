import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCairn } from '../src/open.js'
import { everyMethod } from './access/every-method.js'
import { refusal } from './helpers/refusal.js'
import { makeFolder, openStore } from './store.js'

const memory = { namespace: 'user:alice', key: 'k', value: 1, type: 'semantic' } as const
const alone = { threads: false, durability: 'off' } as const

describe('opening a store', () => {
  it('creates it, and finds it again', async () => {
    const db = join(makeFolder(), 'store.db')
    const first = await openCairn({ ...alone, db })
    await first.memories.add(memory)
    await first.close()
    const second = await openCairn({ ...alone, db, create: false })
    expect(await second.memories.get('user:alice', 'k')).toMatchObject({ value: 1 })
    await second.close()
  })

  it('takes a path alone', async () => {
    const folder = makeFolder()
    const cairn = await openCairn(join(folder, 'store.db'))
    await cairn.memories.add(memory)
    expect(await cairn.info()).toMatchObject({
      engine: 'sqlite',
      location: join(folder, 'store.db'),
      rows: { memories: 1 },
    })
    await cairn.close()
    expect(readdirSync(folder)).toEqual(['store.db'])
  })

  it('does not create one when told not to', async () => {
    const db = join(makeFolder(), 'store.db')
    await refusal(openCairn({ ...alone, db, create: false }), 'not_found')
    expect(existsSync(db)).toBe(false)
  })

  it('with odd settings is refused before anything is created', async () => {
    const db = join(makeFolder(), 'store.db')
    await refusal(openCairn(''), 'config_invalid')
    await refusal(openCairn({ db, dbb: 'x' } as never), 'config_invalid')
    for (const target of [null, 7, ['x'], true]) await refusal(openCairn(target as never), 'config_invalid')
    for (const odd of [{ create: 'no' }, { now: 5 }, { newId: 'x' }, { onModel: true }])
      await refusal(openCairn({ db, ...odd } as never), 'config_invalid')
    expect(existsSync(db)).toBe(false)
  })

  it('of a file that is no store, or a folder that is not there, is refused and harms nothing', async () => {
    const folder = makeFolder()
    const text = join(folder, 'notes.txt')
    writeFileSync(text, 'These are my notes. '.repeat(100))
    await refusal(openCairn({ ...alone, db: text }), 'not_a_database')
    expect(statSync(text).size).toBe(2000)
    await refusal(openCairn({ ...alone, db: join(folder, 'no', 'store.db') }), 'invalid_input')
    mkdirSync(join(folder, 'sub'))
    await expect(openCairn({ ...alone, db: join(folder, 'sub') })).rejects.toMatchObject({ name: 'CairnError' })
  })

  it('takes the clock and the ids from outside', async () => {
    const { cairn, clock } = await openStore()
    clock.set(Date.UTC(2030, 5, 1))
    const { id, createdAt } = await cairn.sessions.create({ app: 'a', user: 'u' })
    expect([id, createdAt]).toEqual(['id-1', '2030-06-01T00:00:00.000Z'])
    const drifting = await openStore({ now: () => 1_000.7 })
    expect((await drifting.cairn.memories.add(memory)).recordedAt).toBe('1970-01-01T00:00:01.000Z')
    const broken = await openStore({ now: () => Number.NaN })
    await refusal(broken.cairn.memories.add(memory), 'config_invalid')
  })

  it('with a limit of size refuses what does not fit and keeps what does', async () => {
    const { cairn } = await openStore({ limits: { storeBytes: 800_000 } })
    let kept = 0
    const fill = async () => {
      for (; kept < 1_000; kept++) await cairn.memories.add({ ...memory, key: `k${kept}`, value: 'x'.repeat(10_000) })
    }
    await refusal(fill(), 'disk_full')
    expect(kept).toBeGreaterThan(5)
    expect((await cairn.memories.list({ limit: 1000 })).items).toHaveLength(kept)
  })
})

describe('a private store', () => {
  it('is a file of its own that is gone when it is closed', async () => {
    const one = await openCairn({ ...alone, db: ':memory:' })
    const two = await openCairn({ ...alone, db: ':memory:' })
    await one.memories.add(memory)
    expect(await two.memories.get('user:alice', 'k')).toBeNull()
    const { location } = await one.info()
    expect(existsSync(location)).toBe(true)
    await one.close()
    await two.close()
    expect(existsSync(dirname(location))).toBe(false)
  })
})

describe('closing a store', () => {
  it('a second time is harmless', async () => {
    const { cairn } = await openStore()
    await Promise.all([cairn.close(), cairn.close()])
    await cairn.close()
  })

  it('first stores what is under way', async () => {
    const { cairn, path } = await openStore()
    const writes = Array.from({ length: 50 }, (_, index) => cairn.memories.add({ ...memory, key: `k${index}` }))
    await cairn.close()
    expect(await Promise.all(writes)).toHaveLength(50)
    const again = await openStore({ db: path })
    expect((await again.cairn.memories.list({ limit: 100 })).items).toHaveLength(50)
  })

  it('closes it for every handle, and every method says so', async () => {
    const { cairn } = await openStore()
    const handles = [cairn, cairn.as({ app: 'shop', user: 'alice', session: 's1', grants: ['app:write'] })]
    await cairn.close()
    const target = { namespace: 'user:alice', key: 'k', session: 's1', task: 't1', agent: 'a1' }
    for (const [name, { calls }] of Object.entries(everyMethod)) {
      if (name === 'as' || name === 'close' || name.startsWith('Symbol')) continue
      for (const call of calls) {
        await expect(call(cairn, target), name).rejects.toMatchObject({
          code: expect.stringMatching(/^(closed|invalid_input)$/),
        })
      }
      const [first] = calls
      for (const handle of handles) {
        const root = handle === cairn
        const outcome = first?.(handle, target).then(
          () => 'an answer',
          (error) => error.code,
        )
        expect(['closed', ...(root ? [] : ['forbidden'])], name).toContain(await outcome)
      }
    }
  })

  it('is for the handle that opened it', async () => {
    const { cairn } = await openStore()
    await refusal(cairn.as({ user: 'alice' }).close(), 'forbidden')
    await refusal(cairn.as({}).as({})[Symbol.asyncDispose](), 'forbidden')
    await cairn.memories.add(memory)
  })

  it('happens by itself at the end of a block', async () => {
    const db = join(makeFolder(), 'store.db')
    const cairn = await openCairn({ ...alone, db })
    {
      await using inner = cairn
      await inner.memories.add(memory)
    }
    await refusal(cairn.memories.get('user:alice', 'k'), 'closed')
  })
})
