import { type SharedReader, sharedReader } from './shared-reader.js'
import { Watchers } from './watchers.js'

/** What all handles of a store share for its documents. */
export interface DocumentWork {
  /** Of a file that is indexed. */
  maxBytes: number
  reader: SharedReader
  watchers: Watchers
  close(): Promise<void>
}

export function documentWork({ maxBytes, threads }: { maxBytes: number; threads: boolean }): DocumentWork {
  const [reader, watchers] = [sharedReader(threads), new Watchers()]
  const close = async (): Promise<void> => {
    await watchers.close()
    await reader.close()
  }
  return { maxBytes, reader, watchers, close }
}
