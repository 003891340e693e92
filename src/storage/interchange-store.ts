import type { ExportScope, InterchangeRow, RowOf } from '../ops/interchange.js'
import type { ItemText } from '../search/index-text.js'
import type { Author } from './storage.js'

/** What an export reads and an import writes: the rows of a file as they are, with their own times, versions and trail. */
export interface InterchangeStore {
  /** A view of the store as it is now, whatever is written meanwhile. It costs the store until it is closed. */
  openSnapshot(scope: ExportScope): Promise<ExportSnapshot>
  /** Which of these ids are not there. */
  missing(input: { sessions: string[]; tasks: string[] }): Promise<{ sessions: string[]; tasks: string[] }>
  /** What `write` would answer for rows that do not depend on each other. */
  compare(input: { rows: ImportRow[] }): Promise<Verdict[]>
  /**
   * Adds what is not there, and leaves all else as it is. `conflict` when something that a row refers to is not there;
   * then none of the rows is added. With the first rows that it adds it writes `trail`, and says so.
   */
  write(input: { rows: ImportRow[]; trail?: ImportTrail }): Promise<{ verdicts: Verdict[]; trailed: boolean }>
  /**
   * Keeps the state of sessions at some of their events, as appending does, so that no fold has to begin at the first one.
   * Each call does a part of it, after event `after` of each session, and answers what is left.
   */
  keepStates(input: { sessions: SessionPlace[] }): Promise<SessionPlace[]>
}

export interface SessionPlace {
  id: string
  after: number
}

/** The lines of a file between its first and its last, in order, some at a time. */
export interface ExportSnapshot {
  /** The next lines; undefined at the end. */
  next(): Promise<string[] | undefined>
  /** A second call is harmless. */
  close(): Promise<void>
}

/** `same`: all fields are equal. `further`: a session that has gone on since, or is not so far yet. */
export type Verdict = 'added' | 'same' | 'further' | 'different'

/** A row of a file. A task comes without its dependencies, which follow when all tasks are there. */
export type ImportRow = (
  | Exclude<InterchangeRow, { record: 'event' | 'memory' | 'audit' }>
  | (RowOf<'event'> & { text?: ItemText })
  | (RowOf<'memory'> & { text?: ItemText })
  /** `nth`: how many lines of the file, this one included, say just this. */
  | (RowOf<'audit'> & { nth: number })
  | DependencyRow
) & {
  /** Whether it is only looked up: what it belongs to is different. */
  lookOnly?: boolean
}

export interface DependencyRow {
  record: 'dependency'
  dependent: string
  task: string
  type: 'sequential' | 'parallel'
  createdAt: number
  resolvedAt: number | null
}

/** The line that an import leaves in the trail. */
export interface ImportTrail {
  author: Author
  /** JSON object text. */
  detail: string
}
