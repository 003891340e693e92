import type { Guard } from '../access/guard.js'
import { parseId } from '../access/namespace.js'
import { CairnError } from '../errors.js'
import { type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import { toSession } from '../sessions/session.js'
import type { Storage } from '../storage/storage.js'
import type { TaskInSession, WorkAddress } from '../storage/task-store.js'
import { type Task, type TaskDependencies, type TaskWithSession, toDependency, toTask } from './task.js'
import { pageOptionsSchema, placeOf, type TaskListQuery, type TaskPageOptions, toTaskQuery } from './task-inputs.js'
import type { WorkAccess } from './work-access.js'

const defaultLimit = 50

/** What the functions here work with: the parts of a `TaskService`. */
export interface ReadContext {
  storage: Storage
  guard: Guard
  access: WorkAccess
}

export async function getTask(context: ReadContext, id: string): Promise<TaskWithSession | null> {
  const address = seenBy(context, id)
  const found = await find(context, address)
  if (found === undefined) await context.access.noteUnseen(address.id)
  await noteRead(context, address.id)
  if (found === undefined) return null
  return { ...toTask(found.task), sessionDetail: found.session ? toSession(found.session) : null }
}

export async function listTasks(
  { storage, guard, access }: ReadContext,
  { limit = defaultLimit, cursor, ...which }: TaskListQuery,
): Promise<Page<Task>> {
  const query = toTaskQuery({ ...which, limit, cursor }, access.scope('read'))
  const rows = await storage.tasks.list(query)
  const { order, ...filter } = which
  await guard.noteRead({ subject: 'task', operation: 'list' }, () => filter)
  return toPage(rows, limit, toTask, (row) => placeOf(row, query.order === 'queue'))
}

export async function listChildren(context: ReadContext, id: string, options: TaskPageOptions): Promise<Page<Task>> {
  const page = parse(pageOptionsSchema, options, 'children')
  const address = seenBy(context, id)
  if ((await find(context, address)) === undefined) throw await notFound(context, address.id)
  return listTasks(context, { ...page, parent: address.id, order: 'newest' })
}

export async function getDependencies(context: ReadContext, id: string): Promise<TaskDependencies> {
  const address = seenBy(context, id)
  const found = await context.storage.tasks.dependencies(address)
  if (found === undefined) throw await notFound(context, address.id)
  await noteRead(context, address.id)
  return { prerequisites: found.prerequisites.map(toDependency), dependents: found.dependents.map(toDependency) }
}

function seenBy({ access }: ReadContext, id: string): WorkAddress {
  return { id: parseId(id, 'The task id'), scope: access.scope('read') }
}

async function find({ storage, access }: ReadContext, address: WorkAddress): Promise<TaskInSession | undefined> {
  return storage.tasks.get({ ...address, sessionOwner: access.sessionOwner() })
}

async function notFound({ access }: ReadContext, id: string): Promise<CairnError> {
  await access.noteUnseen(id)
  return new CairnError('not_found', `There is no task ${id}.`, {
    hint: 'Look for it with tasks.list().',
    details: { task: id },
  })
}

async function noteRead({ guard }: ReadContext, task: string): Promise<void> {
  await guard.noteRead({ subject: 'task', operation: 'read', task })
}
