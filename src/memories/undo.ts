import { z } from 'zod'
import { parseId, parseNamespace } from '../access/namespace.js'
import { changeable } from '../access/policy.js'
import { parse } from '../parse.js'
import type { UndoBatch, UndoPlace, UndoStep } from '../storage/memory-change-store.js'
import { toMillis } from '../time.js'
import { type MemoryContext, missingOf, refusal } from './memory-context.js'
import type { SkippedChange, UndoneChange } from './undo-plan.js'

export const undoOptionsSchema = z.strictObject({
  by: z.string(),
  since: z.union([z.date(), z.string(), z.number()]),
  namespace: z.string().optional(),
  dryRun: z.boolean().optional(),
})

/**
 * Whose changes: `by` is an actor as in `updatedBy`, such as agent:planner; from `since` on; in a `namespace` and below
 * it, or in all that the handle may read and write. `dryRun` only tells what would be done.
 */
export type UndoOptions = z.input<typeof undoOptionsSchema>

/** What was taken back, and what was left because somebody else has written to it since. */
export interface UndoResult {
  undone: UndoneChange[]
  skipped: SkippedChange[]
}

const batch = 200

export async function undo(context: MemoryContext, options: UndoOptions): Promise<UndoResult> {
  const { by, since, namespace, dryRun = false } = parse(undoOptionsSchema, options, 'undo')
  const { storage, guard } = context
  const outer = namespace === undefined ? undefined : parseNamespace(namespace)
  const missing = outer === undefined ? undefined : missingOf(context, ['write', 'read'], outer)
  if (outer !== undefined && missing) throw await refusal(context, missing, outer, 'rollback')
  const namespaces = outer === undefined ? changeable(guard.caller) : [outer]
  const input = {
    by: parseId(by, 'by'),
    since: toMillis(since, 'since'),
    limit: batch,
    ...(namespaces && { namespaces }),
  }
  const result: UndoResult = { undone: [], skipped: [] }
  for (let next: UndoPlace | null = null, first = true; first || next !== null; first = false) {
    const author = guard.author()
    const step: UndoBatch = { ...input, now: author.now, ...(next && { next }) }
    const done: UndoStep = await (dryRun
      ? storage.memories.undoPreview(step)
      : storage.memories.undo({ ...step, author }))
    result.undone.push(...done.undone)
    result.skipped.push(...done.skipped)
    next = done.next
  }
  return result
}
