import type { WorkScope } from '../../../src/access/policy.js'
import type { NewAgent } from '../../../src/storage/agent-store.js'
import type { Author, Storage } from '../../../src/storage/storage.js'
import type { ClaimQuery, NewTask, TaskQuery } from '../../../src/storage/task-store.js'
import type { TaskRow } from '../../../src/tasks/task.js'
import { author, now } from './subject.js'

/** Builders for tasks and agents, as `subject.ts` has them for the rest. Everything is of alice, in app support. */
export const owner = { app: 'support', user: 'alice' }
export const alice: WorkScope = { owner, projects: [] }
export const bob: WorkScope = { owner: { app: 'support', user: 'bob' }, projects: [] }
export const apollo: WorkScope = { owner: null, projects: ['apollo'] }
export const nobody: WorkScope = { owner: null, projects: [] }
export const second = 1_000

export function aTask(changes: Partial<NewTask> = {}): NewTask {
  return {
    ...{ id: 't1', prompt: 'do it', agentType: 'general', source: 'human', priority: 5, input: '{}', maxRetries: 3 },
    ...{ timeoutSeconds: 3600, runAfter: null, deadline: null, parent: null, session: null, metadata: '{}' },
    ...{ dependsOn: [], ...owner, project: null, ...changes },
  }
}

export async function submit(
  storage: Storage,
  tasks: Partial<NewTask>[],
  by: Partial<Author> = {},
): Promise<TaskRow[]> {
  const rest = { scope: undefined, sessionOwner: undefined, author: author(by) }
  return storage.tasks.submit({ tasks: tasks.map(aTask), ...rest })
}

export async function claim(
  storage: Storage,
  query: Partial<ClaimQuery> = {},
  by: Partial<Author> & { claimedBy?: string | null } = {},
): Promise<TaskRow | undefined> {
  const { claimedBy = 'w1', ...changes } = by
  return storage.tasks.claim({ scope: undefined, agentTypes: [], claimedBy, author: author(changes), ...query })
}

/** Claims what must be there. */
export async function mustClaim(...args: Parameters<typeof claim>): Promise<TaskRow> {
  const task = await claim(...args)
  if (task === undefined) throw new Error('there was nothing to claim')
  return task
}

/** Ids in the order in which they are handed out, until nothing is left. */
export async function drain(storage: Storage, query: Partial<ClaimQuery> = {}, at = now): Promise<string[]> {
  const ids: string[] = []
  for (let task = await claim(storage, query, { now: at }); task; task = await claim(storage, query, { now: at }))
    ids.push(task.id)
  return ids
}

export async function getTask(storage: Storage, id = 't1', scope?: WorkScope): Promise<TaskRow> {
  const found = await storage.tasks.get({ id, scope, sessionOwner: undefined })
  if (found === undefined) throw new Error(`there is no task ${id}`)
  return found.task
}

export const statusOf = async (storage: Storage, id = 't1') => (await getTask(storage, id)).status

export async function taskIds(storage: Storage, query: Partial<TaskQuery> = {}): Promise<string[]> {
  const rows = await storage.tasks.list({ scope: undefined, order: 'newest', limit: 100, ...query })
  return rows.map(({ id }) => id)
}

/** An answer to a try. */
export const answer = (task: Pick<TaskRow, 'id' | 'attempt'>, by: Partial<Author> = {}) => ({
  ...{ id: task.id, attempt: task.attempt, scope: undefined, author: author(by) },
})

export function anAgent(changes: Partial<NewAgent> = {}): NewAgent {
  return {
    id: 'w1',
    name: 'worker',
    specialization: null,
    model: null,
    task: null,
    session: null,
    ...owner,
    project: null,
    ...changes,
  }
}

export async function spawn(storage: Storage, changes: Partial<NewAgent> = {}, by: Partial<Author> = {}) {
  return storage.agents.spawn({
    agent: anAgent(changes),
    scope: undefined,
    sessionOwner: undefined,
    author: author(by),
  })
}
