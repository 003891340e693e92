import type { AgentStore } from '../agent-store.js'
import type { TaskQuery, TaskStore } from '../task-store.js'
import type { Calls } from './calls.js'

export function taskStore({ write, read, readLong }: Calls): TaskStore {
  return {
    submit: (input) => write('tasks.submit', input),
    claim: async (input) => (await write('tasks.claim', input)) ?? undefined,
    heartbeat: (input) => write('tasks.heartbeat', input),
    complete: (input) => write('tasks.complete', input),
    fail: (input) => write('tasks.fail', input),
    release: (input) => write('tasks.release', input),
    cancel: (input) => write('tasks.cancel', input),
    retry: (input) => write('tasks.retry', input),
    reprocess: (input) => write('tasks.reprocess', input),
    get: (input) => read('tasks.get', input),
    list: (input) => (isWalk(input) ? read('tasks.list', input) : readLong('tasks.list', input)),
    dependencies: (input) => read('tasks.dependencies', input),
    outlook: (input) => read('tasks.outlook', input),
  }
}

/** A page whose filters all lead an index reads what it returns; any other may look at much more than that. */
function isWalk({ status, agentType, session, parent, order, scope }: TaskQuery): boolean {
  const filters = [order === 'newest' ? status : undefined, agentType, session, parent]
  return filters.every((filter) => filter === undefined) && scope === undefined
}

export function agentStore({ write, read }: Calls): AgentStore {
  return {
    spawn: (input) => write('agents.spawn', input),
    change: (input) => write('agents.change', input),
    releaseSilent: (input) => write('agents.releaseSilent', input),
    get: (input) => read('agents.get', input),
    list: (input) => read('agents.list', input),
  }
}
