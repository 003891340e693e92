import type { Refusal } from './operation.js'
import type { readQueries } from './read-queries.js'
import type { writeOperations } from './write-operations.js'

export type Writes = typeof writeOperations
export type Reads = typeof readQueries
export type WriteResult<Name extends keyof Writes> = Exclude<ReturnType<Writes[Name]>, Refusal>

/** The three ways to an answer, for the parts of the contract. */
export interface Calls {
  /** Queued for the writer. Large buffers inside the input can be handed over instead of copied: the caller has them no more. */
  write<Name extends keyof Writes>(
    name: Name,
    input: Parameters<Writes[Name]>[1],
    transfer?: ArrayBuffer[],
  ): Promise<WriteResult<Name>>
  /** On the calling thread: for what takes microseconds. */
  read<Name extends keyof Reads>(name: Name, input: Parameters<Reads[Name]>[1]): Promise<ReturnType<Reads[Name]>>
  /** In a reader thread: for what may take longer than a turn of the event loop may. `which`: the one that holds the vectors. */
  readLong<Name extends keyof Reads>(
    name: Name,
    input: Parameters<Reads[Name]>[1],
    which?: 'vectors',
  ): Promise<ReturnType<Reads[Name]>>
}
