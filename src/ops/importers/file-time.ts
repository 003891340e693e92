import { stat } from 'node:fs/promises'

/** When a file was last written: the time of what has none. The same file, unchanged, gives the same. */
export async function fileTime(path: string): Promise<number> {
  return Math.trunc((await stat(path)).mtimeMs)
}
