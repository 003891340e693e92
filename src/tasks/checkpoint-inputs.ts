import { z } from 'zod'

export const iterationSchema = z
  .number()
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER - 1)

export const putOptionsSchema = z.strictObject({ session: z.string().optional() })

/** `session` is the one it was made in; it must be one of the caller's. */
export type PutOptions = z.input<typeof putOptionsSchema>

export const checkpointListSchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).optional(),
  cursor: z.string().optional(),
})

/** `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the page before. */
export type CheckpointListQuery = z.input<typeof checkpointListSchema>

export const pruneOptionsSchema = z.strictObject({
  keep: z.number().int().min(1),
  dryRun: z.boolean().optional(),
})

/** How many of the last checkpoints to `keep`, at least one. With `dryRun` nothing is removed, only counted. */
export type PruneOptions = z.input<typeof pruneOptionsSchema>
