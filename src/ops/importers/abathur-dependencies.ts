import { toIso } from '../../time.js'
import { type AbathurContext, isoOf, jsonOf, rowsOf, timeOf } from './abathur-rows.js'

/** What a task waits for. */
export interface Edge {
  task: string
  type: 'sequential' | 'parallel'
  createdAt: string
  resolvedAt: string | null
}

export interface EdgeMap {
  /** By the task that waits. */
  edges: Map<string, Edge[]>
  /** What could not be kept as an edge, by the task that named it. */
  dropped: Map<string, unknown[]>
  /** Tasks whose parent is below themselves. */
  cyclicParents: Set<string>
}

/** The table of dependencies and the JSON lists of the tasks, without what is not there and without cycles. */
export function readEdges(context: AbathurContext): EdgeMap {
  const map: EdgeMap = { edges: new Map(), dropped: new Map(), cyclicParents: new Set() }
  for (const row of rowsOf(context, 'task_dependencies')) {
    const createdAt = toIso(timeOf(row, ['created_at'], context, String(row.id)))
    const type = row.dependency_type === 'parallel' ? 'parallel' : 'sequential'
    const edge = {
      task: String(row.prerequisite_task_id),
      type,
      createdAt,
      resolvedAt: isoOf(row.resolved_at),
    } as const
    addEdge(map, String(row.dependent_task_id), edge, context)
  }
  const parents = new Map<string, string>()
  for (const row of rowsOf(context, 'tasks')) {
    const id = String(row.id)
    if (typeof row.parent_task_id === 'string') addParent(parents, id, row.parent_task_id, map)
    const list = jsonOf(row.dependencies, 'dependencies', context.report, id)
    const createdAt = toIso(timeOf(row, ['submitted_at', 'last_updated_at'], context, id))
    const type = row.dependency_type === 'parallel' ? 'parallel' : 'sequential'
    for (const item of Array.isArray(list) ? list : list === null ? [] : [list]) {
      if (typeof item !== 'string') drop(map, id, item, 'not the id of a task', context)
      else if (!map.edges.get(id)?.some(({ task }) => task === item)) {
        addEdge(map, id, { task: item, type, createdAt, resolvedAt: null }, context)
      }
    }
  }
  return map
}

function addEdge(map: EdgeMap, dependent: string, edge: Edge, context: AbathurContext): void {
  const { tasks } = context
  if (!tasks.has(dependent))
    context.report.left('dependencies', 'of a task that is not there', `${dependent} → ${edge.task}`)
  else if (!tasks.has(edge.task)) drop(map, dependent, edge.task, 'on a task that is not there', context)
  else if (reaches(map, edge.task, dependent)) drop(map, dependent, edge.task, 'closes a circle', context)
  else {
    const resolvedAt = edge.resolvedAt ?? (tasks.get(edge.task) === 'completed' ? edge.createdAt : null)
    map.edges.set(dependent, [...(map.edges.get(dependent) ?? []), { ...edge, resolvedAt }])
    context.report.taken('dependencies')
  }
}

function drop(map: EdgeMap, dependent: string, item: unknown, why: string, { report }: AbathurContext): void {
  report.mapped('dependencies', `${why}: kept in the metadata of the task`, `${dependent} → ${String(item)}`)
  map.dropped.set(dependent, [...(map.dropped.get(dependent) ?? []), item])
}

/** Whether a task is, or waits for, another. */
function reaches({ edges }: EdgeMap, from: string, to: string): boolean {
  const seen = new Set<string>()
  const pending = [from]
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) {
    if (task === to) return true
    if (seen.has(task)) continue
    seen.add(task)
    pending.push(...(edges.get(task) ?? []).map((edge) => edge.task))
  }
  return false
}

function addParent(parents: Map<string, string>, id: string, parent: string, map: EdgeMap): void {
  for (let at: string | undefined = parent; at !== undefined; at = parents.get(at)) {
    if (at !== id) continue
    map.cyclicParents.add(id)
    return
  }
  parents.set(id, parent)
}
