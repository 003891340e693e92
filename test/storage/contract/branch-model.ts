import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Storage } from '../../../src/storage/storage.js'
import { appendOwn, eventIds, fork, ownState, rewind, step } from './branches.js'
import { author, createSession, found, type Subject } from './subject.js'

type Step =
  | { do: 'create' }
  | { do: 'append'; of: number; count: number }
  | { do: 'fork'; of: number; at: number }
  | { do: 'rewind'; of: number; at: number }
  | { do: 'delete'; of: number }

const which = fc.nat(50)
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'create' }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('append' as const), of: which, count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('fork' as const), of: which, at: fc.nat(100) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('rewind' as const), of: which, at: fc.nat(100) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), of: which }) },
)

interface ModelEvent {
  id: string
  /** The number that its content and its delta are made from. */
  number: number
}

/** Every session has a list of its own: what the store must look like, whoever holds the events. */
class Model {
  readonly sessions = new Map<string, ModelEvent[]>()
  #ids = 0
  #events = 0

  newId(prefix: string): string {
    return `${prefix}-${this.#ids++}`
  }

  newEvents(count: number): ModelEvent[] {
    return Array.from({ length: count }, () => {
      const number = ++this.#events
      return { id: `x${number}`, number }
    })
  }

  pick(index: number): [id: string, events: ModelEvent[]] | undefined {
    const all = [...this.sessions]
    return all[index % all.length]
  }

  stateOf(events: ModelEvent[]): Record<string, unknown> {
    const state: Record<string, unknown> = {}
    for (const { id, number } of events) {
      const delta: Record<string, unknown> = JSON.parse(step(number, id).stateDelta ?? '{}')
      for (const [key, value] of Object.entries(delta)) {
        if (value === null) delete state[key]
        else state[key] = value
      }
    }
    return state
  }
}

async function take(storage: Storage, model: Model, each: Step, prefix: string): Promise<void> {
  if (each.do === 'create') {
    const id = model.newId(prefix)
    await createSession(storage, { id })
    model.sessions.set(id, [])
    return
  }
  const picked = model.pick(each.of)
  if (picked === undefined) return
  const [id, events] = picked
  if (each.do === 'append') {
    const added = model.newEvents(each.count)
    await appendOwn(
      storage,
      id,
      added.map((event) => step(event.number, event.id)),
    )
    model.sessions.set(id, [...events, ...added])
  } else if (each.do === 'fork') {
    const [at, newId] = [each.at % (events.length + 1), model.newId(prefix)]
    await fork(storage, id, newId, at)
    model.sessions.set(newId, events.slice(0, at))
  } else if (each.do === 'rewind') {
    const [at, branchId] = [each.at % (events.length + 1), model.newId(prefix)]
    const { branch } = await rewind(storage, id, at, branchId)
    expect(branch === null).toBe(at === events.length)
    if (branch !== null) model.sessions.set(branchId, events)
    model.sessions.set(id, events.slice(0, at))
  } else {
    await storage.sessions.delete({ id, owner: undefined, author: author() })
    model.sessions.delete(id)
  }
}

async function compare(storage: Storage, model: Model): Promise<void> {
  for (const [id, events] of model.sessions) {
    expect(await eventIds(storage, id), `events of ${id}`).toEqual(events.map((event) => event.id))
    expect(await ownState(storage, id), `state of ${id}`).toEqual(model.stateOf(events))
    const hits = await found(storage, 'step', { memories: undefined as never, events: { sessions: [id] } })
    expect(hits, `found in ${id}`).toHaveLength(Math.min(100, events.length))
    const row = await storage.sessions.get({ id, owner: undefined })
    expect(row?.lastSeq).toBe(events.length)
    expect(row?.parent === null).toBe(row?.forkedAtSeq === null)
  }
}

export function describeBranchModel(subject: Subject): void {
  let run = 0

  it('leave every session with its own history, state and findings', async () => {
    const property = fc.asyncProperty(fc.array(stepArbitrary, { minLength: 5, maxLength: 40 }), async (steps) => {
      const { storage } = subject
      const model = new Model()
      const prefix = `r${run++}`
      for (const each of [{ do: 'create' } as const, ...steps]) await take(storage, model, each, prefix)
      await compare(storage, model)
      for (const id of model.sessions.keys()) await storage.sessions.delete({ id, owner: undefined, author: author() })
      expect((await storage.info()).rows).toMatchObject({ sessions: 0, events: 0, state: 0 })
    })
    await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: 8_000 })
  })
}
