import { z } from 'zod'
import type { SyncProgress } from './sync-report.js'

const globs = z.array(z.string().min(1)).max(100).optional()
const functionOf = <Callback>() => z.custom<Callback>((value) => typeof value === 'function', 'expected a function')

export const foldersSchema = z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(100)])

export const syncOptionsSchema = z.strictObject({
  namespace: z.string().optional(),
  include: globs,
  exclude: globs,
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: functionOf<(progress: SyncProgress) => void>().optional(),
})

/**
 * Where the documents go: `namespace` is `project:default` unless the handle is for a project. Which files: markdown, of
 * those only what an `include` glob matches, if there is one, and nothing that an `exclude` glob matches; a glob that names
 * an ending, such as `*.txt`, takes other texts as well. `signal` breaks it off; `onProgress` hears how far it is.
 */
export type SyncOptions = z.input<typeof syncOptionsSchema>

export const watchOptionsSchema = syncOptionsSchema.omit({ signal: true }).extend({
  debounceMs: z.number().int().min(0).max(3_600_000).optional(),
  scanMs: z.number().int().min(1_000).max(86_400_000).optional(),
})

/**
 * As for a sync. A change is looked at when none has come for `debounceMs` (500), or after twenty times that; all of a folder
 * every `scanMs` (an hour), for changes that no event has told of.
 */
export type WatchOptions = z.input<typeof watchOptionsSchema>

export const documentListSchema = z.strictObject({
  namespace: z.string().optional(),
  failed: z.boolean().optional(),
  limit: z.number().int().min(1).max(1000).optional(),
  cursor: z.string().optional(),
})

/** Of a namespace and below; with `failed` only what could not be read or indexed as it is now. `limit` 50, at most 1,000. */
export type DocumentListQuery = z.input<typeof documentListSchema>

export const documentPlaceSchema = z.strictObject({ namespace: z.string().optional() })

/** In which namespace and below; all that the caller may look at when left out. */
export type DocumentPlaceOptions = z.input<typeof documentPlaceSchema>
