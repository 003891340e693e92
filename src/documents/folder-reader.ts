import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ReadInput, ReadResult } from './read-file.js'
import type { Missing, Walk, WalkInput } from './walk-folder.js'

export type MissingInput = WalkInput & { paths: string[] }

/** What is asked of a disk; in a thread of its own, or here. */
export interface FolderReader {
  walk(input: WalkInput): Promise<Walk>
  /** What became of files that a walk has not found. */
  missing(input: MissingInput): Promise<Missing>
  read(input: ReadInput): Promise<ReadResult>
  close(): Promise<void>
}

/** On the calling thread, with a rest after each piece of work. */
export async function readHere(): Promise<FolderReader> {
  // The parser and the tokenizer take a tenth of a second to load, which most programs never need.
  const [{ walkFolder, lookForMissing }, { readDocument }] = await Promise.all([
    import('./walk-folder.js'),
    import('./read-file.js'),
  ])
  return {
    async walk(input) {
      const steps = walkFolder(input)
      for (;;) {
        const step = steps.next()
        if (step.done) return step.value
        await nextTurn()
      }
    },
    async missing(input) {
      await nextTurn()
      return lookForMissing(input)
    },
    async read(input) {
      await nextTurn()
      return readDocument(input)
    },
    close: async () => {},
  }
}
