import { createReadStream, createWriteStream, mkdtempSync, type ReadStream, rmSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { CairnError } from '../errors.js'
import { type ImportChunks, toBytes } from './line-reader.js'

/** A file that is read twice: once to check it, once to store what it holds. */
export interface ImportFile {
  path: string
  /** How much of it has been read since the last `read`, from 0 to 1. */
  share(): number
  /** Its contents, unpacked if they are gzip. */
  read(): AsyncIterable<Uint8Array>
  /** Removes what was only a copy. */
  close(): void
}

/** What to import: the path of a file, or its contents in pieces, which are kept in a temporary file until it is done. */
export async function openImportFile(source: string | ImportChunks): Promise<ImportFile> {
  if (typeof source !== 'string') return copyOf(toBytes(source))
  try {
    const stats = await stat(source)
    if (stats.isDirectory()) throw new CairnError('invalid_input', `${source} is a folder.`, { hint: 'Give a file.' })
    // A pipe can be read once only.
    if (!stats.isFile()) return await copyOf(createReadStream(source))
    return await fileAt(source, stats.size, () => undefined)
  } catch (error) {
    throw readable(error, source)
  }
}

async function copyOf(bytes: AsyncIterable<Uint8Array>): Promise<ImportFile> {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-import-'))
  const remove = (): void => {
    process.off('exit', remove)
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', remove)
  const path = join(folder, 'import.jsonl')
  try {
    await pipeline(bytes, createWriteStream(path, { mode: 0o600 }))
    return await fileAt(path, (await stat(path)).size, remove)
  } catch (error) {
    remove()
    throw readable(error, 'The data to import')
  }
}

async function fileAt(path: string, bytes: number, close: () => void): Promise<ImportFile> {
  const packed = await isGzip(path)
  let file: ReadStream | undefined
  return {
    path,
    share: () => (file?.bytesRead ?? 0) / Math.max(1, bytes),
    read() {
      file = createReadStream(path)
      return contents(file, packed)
    },
    close,
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

async function* contents(file: ReadStream, packed: boolean): AsyncGenerator<Uint8Array> {
  try {
    if (!packed) yield* file
    else {
      const unpacked = createGunzip()
      const fed = pipeline(file, unpacked)
      // The loop below fails with the same error.
      fed.catch(() => undefined)
      yield* unpacked
      await fed
    }
  } catch (error) {
    throw readable(error, String(file.path))
  }
}

const reasons: Record<string, [code: 'not_found' | 'invalid_input' | 'disk_full', what: string, hint: string]> = {
  ENOENT: ['not_found', 'is not there', 'Look at the path.'],
  EACCES: ['invalid_input', 'may not be read by this user', 'Give this user permission for it.'],
  ENOSPC: ['disk_full', 'does not fit on the disk for temporary files', 'Free space there, or set TMPDIR to another.'],
  Z_DATA_ERROR: ['invalid_input', 'is damaged: it begins as gzip, and does not unpack', 'Get a whole copy of it.'],
  Z_BUF_ERROR: ['invalid_input', 'was cut off: its gzip data has no end', 'Get a whole copy of it.'],
}

function readable(error: unknown, what: string): unknown {
  if (error instanceof CairnError || !(error instanceof Error) || !('code' in error)) return error
  const [code, reason, hint] = reasons[String(error.code)] ?? ['invalid_input', `cannot be read: ${error.message}`, '']
  return new CairnError(code, `${what} ${reason}.`, { hint: hint || 'Look at the file and its disk.', cause: error })
}
