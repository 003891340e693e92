import type { SkippedFile } from './file-errors.js'

/** What a sync has found and done, in numbers of documents. */
export interface SyncReport {
  added: number
  /** Indexed anew, because the content is another, or a new version of Cairn makes chunks another way. */
  changed: number
  /** At another path with the same content; the document keeps its id. */
  moved: number
  removed: number
  unchanged: number
  /** What was not indexed, and why. Of a file that was indexed before, that is kept. */
  skipped: SkippedFile[]
  /** Files that are indexed although something about them is wrong, such as their front matter. */
  warnings: SkippedFile[]
  tookMs: number
}

/** How far a sync is. `total` counts the files that have to be read. */
export interface SyncProgress {
  /** waiting: another process syncs one of the folders. */
  phase: 'waiting' | 'scanning' | 'indexing'
  done: number
  total: number
}
