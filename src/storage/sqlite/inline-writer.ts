import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { fromFailure } from '../../errors.js'
import { GroupWriter, type Reply, type Request } from './group-writer.js'
import { prepareStore, type StoreFile, writerOptions } from './store-file.js'
import { writeOperations } from './write-operations.js'

export interface InlineWriter {
  start(): Promise<void>
  call(name: string, input: unknown): Promise<unknown>
  close(): Promise<void>
}

/** The same writer as in the thread, on this one. Requests of one turn of the event loop form a group. */
export function inlineWriter(file: StoreFile): InlineWriter {
  let db: Database | undefined
  let writer: GroupWriter | undefined
  let nextId = 1
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  const reply = (replies: Reply[]): void => {
    for (const answer of replies) {
      const waiting = pending.get(answer.id)
      pending.delete(answer.id)
      if ('failure' in answer) waiting?.reject(fromFailure(answer.failure))
      else waiting?.resolve(answer.value)
    }
  }
  const prepare = (): void => {
    db ??= prepareStore(file, 0)
    writer ??= new GroupWriter(db, { operations: writeOperations, ...writerOptions(file) }, reply)
  }
  let batch: Request[] = []
  return {
    start: async () => prepare(),
    async call(name, input) {
      prepare()
      return new Promise((resolve, reject) => {
        const id = nextId++
        pending.set(id, { resolve, reject })
        batch.push({ id, name, input })
        if (batch.length > 1) return
        setImmediate(() => {
          const requests = batch
          batch = []
          writer?.push(requests)
        })
      })
    },
    async close() {
      while (pending.size > 0) await sleep(1)
      await writer?.idle()
      db?.close()
    },
  }
}
