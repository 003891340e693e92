import { z } from 'zod'
import { parseId, parseSegment } from '../access/namespace.js'
import { parse } from '../parse.js'

export const contextOptionsSchema = z.strictObject({
  session: z.string().optional(),
  task: z
    .union([z.string(), z.object({ id: z.string() })], { error: 'expected the id of a task, or a task' })
    .optional(),
  query: z.string().optional(),
  budgetTokens: z.number().int().min(200).max(1_000_000).optional(),
})

/**
 * What the context is for; every part may be left out. `session` and `task` are ids, or for the task the task itself.
 * `query` is what is searched for, by default the prompt of the task. `budgetTokens` is 4,000 by default, at least 200.
 */
export type ContextOptions = z.input<typeof contextOptionsSchema>

export interface ContextRequest {
  session?: string
  task?: string
  query?: string
  budget: number
}

export function parseContextOptions(options: unknown): ContextRequest {
  const { session, task, query, budgetTokens = 4_000 } = parse(contextOptionsSchema, options, 'context')
  const taskId = typeof task === 'object' ? task.id : task
  return {
    ...(session !== undefined && { session: parseSegment(session, 'The session id') }),
    ...(taskId !== undefined && { task: parseId(taskId, 'The task id') }),
    ...(query !== undefined && { query }),
    budget: budgetTokens,
  }
}
