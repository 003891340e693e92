import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import { makeFolder } from '../store.js'

// By its name, as users have it: the build, with its threads. In a variable, so that the compiler does not need the build.
const packageName = 'cairn-memory'
const { openCairn }: typeof import('../../src/index.js') = await import(/* @vite-ignore */ packageName)

const writers = Array.from({ length: 10 }, (_, index) => `writer${index}`)
const each = 20

async function newSession(): Promise<{ db: string; id: string }> {
  const db = join(makeFolder(), 'store.db')
  const cairn = await openCairn(db)
  const { id } = await cairn.sessions.create({ app: 'shop', user: 'alice' })
  await cairn.close()
  return { db, id }
}

async function write(cairn: Cairn, id: string, writer: string): Promise<void> {
  for (let index = 0; index < each; index++) {
    await cairn.sessions.appendEvent(id, {
      eventId: `${writer}/${index}`,
      type: 'action',
      actor: `agent:${writer}`,
      content: { text: `step ${index}` },
      stateDelta: { [`${writer}/${index}`]: index, [writer]: index, last: writer },
    })
  }
}

/** All events are there, numbered without a gap, each writer's in its order; the state is the sum of all deltas. */
async function expectAll(db: string, id: string): Promise<void> {
  const cairn = await openCairn({ db, create: false })
  const { items } = await cairn.sessions.events(id, { limit: 1000 })
  expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
  for (const writer of writers) {
    const own = items.filter(({ eventId }) => eventId.startsWith(`${writer}/`))
    expect(own.map(({ eventId }) => eventId)).toEqual(Array.from({ length: each }, (_, index) => `${writer}/${index}`))
  }
  const { session } = await cairn.sessions.state(id)
  const expected = writers.flatMap((writer) => [
    ...Array.from({ length: each }, (_, index) => [`${writer}/${index}`, index]),
    [writer, each - 1],
  ])
  expect(session).toEqual({ ...Object.fromEntries(expected), last: items.at(-1)?.stateDelta?.last })
  expect(await cairn.sessions.get(id)).toMatchObject({ lastSeq: 200, status: 'active' })
  expect((await cairn.search('step', { session: id, limit: 100, offset: 100 })).hits).toHaveLength(100)
  await cairn.close()
}

describe('ten writers on one session lose nothing', () => {
  it('in one process, on one store', async () => {
    const { db, id } = await newSession()
    const cairn = await openCairn(db)
    await Promise.all(writers.map((writer) => write(cairn, id, writer)))
    await cairn.close()
    await expectAll(db, id)
  })

  it('in one process, each with a store of its own on the same file', async () => {
    const { db, id } = await newSession()
    const stores = await Promise.all(writers.map(() => openCairn(db)))
    await Promise.all(writers.map((writer, index) => write(stores[index] as Cairn, id, writer)))
    await Promise.all(stores.map((store) => store.close()))
    await expectAll(db, id)
  })

  it('in ten processes', async () => {
    const { db, id } = await newSession()
    const script = resolve('test/scenarios/append-events.mjs')
    const ends = writers.map(async (writer) => {
      const child = spawn(process.execPath, [script, db, id, writer, String(each)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
      const [code] = await once(child, 'close')
      return { code, output }
    })
    expect(await Promise.all(ends)).toEqual(writers.map(() => ({ code: 0, output: '' })))
    await expectAll(db, id)
  }, 60_000)
})
