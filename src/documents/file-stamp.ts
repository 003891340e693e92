import type { BigIntStats } from 'node:fs'

/** What is known of a file without reading it. */
export interface FileStamp {
  /** Size, both times, inode and how it is prepared, to be compared as a whole. */
  stamp: string
  bytes: number
  modifiedAt: number
  /** The later of both times, in milliseconds since the epoch: nothing in the file or about it has changed since. */
  changedAt: number
}

/**
 * Raised when chunks, title or metadata are made another way: the next sync indexes anew what an older version has made,
 * though the files are the same.
 */
const preparationVersion = 'v4'

export function stampOf({ size, mtimeNs, ctimeNs, ino, mtimeMs, ctimeMs }: BigIntStats): FileStamp {
  const changedAt = Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs)
  return {
    stamp: `${size} ${mtimeNs} ${ctimeNs} ${ino} ${preparationVersion}`,
    bytes: Number(size),
    // Before 1970 no time is stored.
    modifiedAt: Math.max(0, Number(mtimeMs)),
    changedAt,
  }
}

// The coarsest clock of a file system in use, FAT's.
const clockTick = 2_000

/**
 * Whether a file need not be read again. A change always sets the inode's own time, which nobody can set back, but only as
 * exactly as the file system's clock runs: what was changed shortly before it was read may have been changed again since.
 */
export function isSurelySame(known: { stamp: string; readAt: number }, found: FileStamp): boolean {
  return known.stamp === found.stamp && found.changedAt + clockTick < known.readAt
}

/** Whether a file that has not changed would be indexed as it is. */
export function isPreparedSo({ stamp }: { stamp: string }): boolean {
  return stamp.endsWith(` ${preparationVersion}`)
}

/** Which folder it is: another may be mounted or made at the same path, and may be given the inode of the one before. */
export function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`
}
