import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, existsSync, rmSync } from 'node:fs'
import { link, rename, rm } from 'node:fs/promises'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { CairnError } from '../errors.js'
import type { Io } from './io.js'
import { onSignal } from './signals.js'

/** Writes pieces of text to stdout as fast as whoever reads it takes them, and stops when nobody does any more. */
export async function writeToStdout(pieces: AsyncIterable<string>, { stdout }: Io): Promise<void> {
  for await (const piece of pieces) {
    if (stdout.write(piece) !== false || !isStream(stdout)) continue
    // A reader who has seen enough closes the pipe, and then there is no drain.
    await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => undefined)
    if (stdout.destroyed) return
  }
}

function isStream(stdout: Io['stdout']): stdout is Writable {
  return 'once' in stdout
}

/**
 * Writes pieces of text to a new file, packed if its name ends in .gz. It has its name only when it is complete; a signal
 * that ends the process leaves nothing behind.
 */
export async function writeToFile(pieces: Readable, path: string): Promise<void> {
  if (existsSync(path)) throw thereAlready(path)
  // Others may be writing to the same path.
  const unfinished = `${path}.${randomUUID().slice(0, 8)}.part`
  const end = onSignal(() => rmSync(unfinished, { force: true }))
  try {
    const file = createWriteStream(unfinished, { mode: 0o600, flush: true, flags: 'wx' })
    await pipeline(pieces, path.endsWith('.gz') ? createGzip() : new PassThrough(), file)
    await finished(file)
    await giveName(unfinished, path)
  } catch (error) {
    throw inWords(error, path)
  } finally {
    await rm(unfinished, { force: true })
    end()
  }
}

/** A link, unlike a rename, never takes the place of a file that has come in the meantime. */
async function giveName(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path)
  } catch (error) {
    if (existsSync(path)) throw thereAlready(path)
    // Not every file system has links.
    await rename(unfinished, path).catch(() => Promise.reject(error))
  }
}

function thereAlready(path: string): CairnError {
  return new CairnError('already_exists', `There is a file ${path} already.`, {
    hint: 'Give another name, or remove it first.',
  })
}

function inWords(error: unknown, path: string): unknown {
  if (error instanceof CairnError || !(error instanceof Error) || !('code' in error)) return error
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG'
  const why = full ? 'the disk or a quota is full' : error.message
  return new CairnError(full ? 'disk_full' : 'invalid_input', `${path} could not be written: ${why}.`, {
    hint: full ? 'Free space, or write to another disk.' : 'Give a path in a folder that this user may write to.',
    cause: error,
  })
}
