import { expect, it } from 'vitest'
import type { TaskQuery } from '../../../src/storage/task-store.js'
import { createSession, now, type Subject } from './subject.js'
import { alice, apollo, bob, claim, nobody, submit, taskIds } from './work.js'

export function describeTaskLists(subject: Subject): void {
  /** Eight tasks a second apart: of two users, in a project or none, of two types and priorities. */
  async function populate(): Promise<void> {
    const { storage } = subject
    await createSession(storage, { project: null })
    for (let index = 0; index < 8; index++) {
      const task = {
        ...{ id: `t${index}`, user: index % 2 === 0 ? 'alice' : 'bob', project: index < 4 ? 'apollo' : null },
        ...{ agentType: index % 4 < 2 ? 'coder' : 'tester', priority: index === 5 ? 9 : 5 },
        ...{ parent: index > 5 ? 't0' : null, session: index === 4 ? 's1' : null },
      }
      await submit(storage, [task], { now: now + index })
    }
  }
  const ids = (query: Partial<TaskQuery> = {}) => taskIds(subject.storage, query)

  it('are newest first, by any mix of filters', async () => {
    await populate()
    await claim(subject.storage)
    expect(await ids()).toEqual(['t7', 't6', 't5', 't4', 't3', 't2', 't1', 't0'])
    expect(await ids({ limit: 2 })).toEqual(['t7', 't6'])
    expect(await ids({ status: 'running' })).toEqual(['t5'])
    expect(await ids({ agentType: 'tester' })).toEqual(['t7', 't6', 't3', 't2'])
    expect(await ids({ project: 'apollo' })).toEqual(['t3', 't2', 't1', 't0'])
    expect(await ids({ project: 'apollo', agentType: 'coder' })).toEqual(['t1', 't0'])
    expect(await ids({ session: 's1' })).toEqual(['t4'])
    expect(await ids({ parent: 't0' })).toEqual(['t7', 't6'])
    expect(await ids({ parent: 't0', session: 's1' })).toEqual([])
    expect(await ids({ parent: 'nowhere' })).toEqual([])
  })

  it('in the order of the queue are of one status, higher first, then older', async () => {
    await populate()
    const queue = (query: Partial<TaskQuery> = {}) => ids({ order: 'queue', status: 'ready', ...query })
    expect(await queue()).toEqual(['t5', 't0', 't1', 't2', 't3', 't4', 't6', 't7'])
    expect(await queue({ project: 'apollo' })).toEqual(['t0', 't1', 't2', 't3'])
    expect(await queue({ scope: bob })).toEqual(['t5', 't1', 't3', 't7'])
    expect(await queue({ scope: bob, project: 'apollo', agentType: 'coder' })).toEqual(['t1'])
    expect(await queue({ session: 's1' })).toEqual(['t4'])
    expect(await queue({ parent: 't0', scope: bob })).toEqual(['t7'])
    expect(await queue({ status: 'failed' })).toEqual([])
  })

  it('hold what the caller may see, each once', async () => {
    await populate()
    expect(await ids({ scope: alice })).toEqual(['t6', 't4', 't2', 't0'])
    expect(await ids({ scope: { ...alice, projects: ['apollo'] } })).toEqual(['t6', 't4', 't3', 't2', 't1', 't0'])
    expect(await ids({ scope: { ...alice, projects: ['apollo'] }, order: 'queue', status: 'ready', limit: 3 })).toEqual(
      [...['t0', 't1', 't2']],
    )
    expect(await ids({ scope: apollo })).toEqual(['t3', 't2', 't1', 't0'])
    expect(await ids({ scope: apollo, parent: 't0' })).toEqual([])
    expect(await ids({ scope: bob, session: 's1' })).toEqual([])
    expect(await ids({ scope: bob, project: 'apollo' })).toEqual(['t3', 't1'])
    expect(await ids({ scope: nobody })).toEqual([])
  })

  it('come in pages without a gap', async () => {
    await populate()
    const scopes = [undefined, alice, { ...alice, projects: ['apollo'] }, apollo]
    for (const scope of scopes) {
      for (const order of ['newest', 'queue'] as const) {
        const query = { scope, order, ...(order === 'queue' && { status: 'ready' as const }) }
        const seen: string[] = []
        for (let after: TaskQuery['after']; ; ) {
          const page = await subject.storage.tasks.list({ ...query, limit: 3, ...(after && { after }) })
          seen.push(...page.map(({ id }) => id))
          const last = page.at(-1)
          if (last === undefined) break
          after = order === 'queue' ? [last.priority, last.submittedAt, last.id] : [last.submittedAt, last.id]
        }
        expect(seen).toEqual(await ids(query))
      }
    }
  })

  it('show of dependencies what the caller may see', async () => {
    const { storage } = subject
    await submit(storage, [
      ...[{ id: 'hers' }, { id: 'shared', project: 'apollo', dependsOn: ['hers'] }],
      { id: 'his', user: 'bob', dependsOn: ['shared'] },
    ])
    const both = await storage.tasks.dependencies({ id: 'shared', scope: undefined })
    expect(both).toMatchObject({ prerequisites: [{ task: 'hers', prompt: 'do it' }], dependents: [{ task: 'his' }] })
    expect(await storage.tasks.dependencies({ id: 'shared', scope: apollo })).toEqual({
      prerequisites: [],
      dependents: [],
    })
  })
}
