import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { isMissing, reasonOf } from './file-errors.js'
import { type FileStamp, stampOf } from './file-stamp.js'
import { type PreparedDocument, prepareDocument } from './prepare-document.js'

export interface ReadInput {
  /** Where the file is. */
  file: string
  /** Where it is in its folder, with `/`. */
  path: string
  maxBytes: number
  /** What it has been; the same is not prepared again. */
  sha256?: string
}

/** A file with what it holds, or only its hash when that is the one that was given. */
export interface ReadFile extends FileStamp {
  sha256: string
  document?: PreparedDocument
}

/** `gone`: there was a file when the folder was walked, and there is none now. */
export type ReadResult = ReadFile | { reason: string } | { gone: true }

/** Reads a file once, so that the hash is of what is indexed even while somebody writes to it. */
export function readDocument({ file, path, maxBytes, sha256: known }: ReadInput): ReadResult {
  try {
    const found = readBytes(file, maxBytes)
    if ('reason' in found) return found
    const { bytes: content, stamp } = found
    const sha256 = createHash('sha256').update(content).digest('hex')
    const same = { ...stamp, bytes: content.length, sha256 }
    if (sha256 === known) return same
    const reason = unfitReason(content)
    if (reason !== undefined) return { reason }
    return { ...same, document: prepareDocument(content.toString('utf8').replace(/^\ufeff/, ''), path) }
  } catch (error) {
    return isMissing(error) ? { gone: true } : { reason: reasonOf(error) }
  }
}

/** Neither follows a link nor waits for the other end of a pipe that has taken the place of the file. */
function readBytes(file: string, maxBytes: number): { bytes: Buffer; stamp: FileStamp } | { reason: string } {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor, { bigint: true })
    if (!stats.isFile()) return { reason: 'not a regular file' }
    const stamp = stampOf(stats)
    if (stamp.bytes > maxBytes) return { reason: tooLarge(stamp.bytes, maxBytes) }
    // One byte more, to see that it has grown.
    let bytes = Buffer.allocUnsafe(stamp.bytes + 1)
    let length = 0
    for (;;) {
      const read = readSync(descriptor, bytes, length, bytes.length - length, null)
      length += read
      if (read === 0) return { bytes: bytes.subarray(0, length), stamp }
      if (length > maxBytes) return { reason: tooLarge(length, maxBytes) }
      if (length === bytes.length) bytes = Buffer.concat([bytes], length * 2)
    }
  } finally {
    closeSync(descriptor)
  }
}

function tooLarge(bytes: number, maxBytes: number): string {
  return `${bytes} bytes, over the limit of ${maxBytes} (limits.documentBytes)`
}

function unfitReason(content: Buffer): string | undefined {
  const start = content.subarray(0, 2).toString('hex')
  if (start === 'fffe' || start === 'feff') return 'UTF-16, not UTF-8'
  if (content.includes(0)) return 'binary'
  return isUtf8(content) ? undefined : 'not UTF-8'
}
