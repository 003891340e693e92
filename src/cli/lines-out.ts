import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { CairnError } from '../errors.js'
import type { Io } from './io.js'

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

/** Writes pieces of text to a new file, packed if its name ends in .gz. It has its name only when it is complete. */
export async function writeToFile(pieces: Readable, path: string): Promise<void> {
  if (existsSync(path)) {
    throw new CairnError('already_exists', `There is a file ${path} already.`, {
      hint: 'Give another name, or remove it first.',
    })
  }
  const unfinished = `${path}.part`
  try {
    const file = createWriteStream(unfinished, { mode: 0o600, flush: true })
    await pipeline(pieces, path.endsWith('.gz') ? createGzip() : new PassThrough(), file)
    await finished(file)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw inWords(error, path)
  }
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
