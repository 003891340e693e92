import Database from 'better-sqlite3'
import { CairnError, type ErrorCode } from '../../errors.js'

type Translation = [start: string, code: ErrorCode, message: string, hint: string]

/** By the start of the driver's code, first match wins; SQLite's extended codes begin with the primary one. */
const translations: Translation[] = [
  [
    'SQLITE_BUSY',
    'busy',
    'Another process held the store for too long.',
    'Try again, end the process that holds it, or raise busyTimeoutMs.',
  ],
  ['SQLITE_LOCKED', 'busy', 'The store was locked.', 'Try again.'],
  [
    'SQLITE_FULL',
    'disk_full',
    'The disk or the quota of the store is full; nothing of this write was kept.',
    'Free space where the store is, then try again.',
  ],
  [
    'SQLITE_IOERR_WRITE',
    'disk_full',
    'The store could not grow; nothing of this write was kept.',
    'Look at free space, quotas and file size limits, then try again.',
  ],
  [
    'SQLITE_IOERR_SHMSIZE',
    'disk_full',
    'The store could not grow; nothing of this write was kept.',
    'Look at free space and file size limits, then try again.',
  ],
  [
    'SQLITE_READONLY',
    'read_only',
    'The store, or the folder it is in, cannot be written to.',
    'Give this user write permission for the file and its folder, or copy the store elsewhere.',
  ],
  [
    'SQLITE_PERM',
    'read_only',
    'This user has no permission for the store.',
    'Give this user permission for the file and its folder.',
  ],
  [
    'SQLITE_CANTOPEN',
    'read_only',
    'The store could not be opened.',
    'Look at the permissions of the file and of its folder, where two files must be kept beside it even for reading; or copy it to a folder of your own.',
  ],
  [
    'SQLITE_NOTADB',
    'not_a_database',
    'That file is not a database.',
    'Give the path of a Cairn store, or create one with `cairn init`.',
  ],
  [
    'SQLITE_CORRUPT',
    'corrupt',
    'The store is damaged.',
    'Stop writing to it, copy the file with its -wal, and recover the copy or restore a backup.',
  ],
  [
    'SQLITE_IOERR',
    'internal',
    'Reading or writing the store failed.',
    'Look at the disk and the system log, then try again.',
  ],
  ['SQLITE_TOOBIG', 'too_large', 'The value is too large for the store.', 'Store a summary and where the rest is.'],
]

/** What the operating system says when files are copied, linked or looked at, in the driver's words. */
const systemCodes: Record<string, string> = {
  ENOSPC: 'SQLITE_FULL',
  EDQUOT: 'SQLITE_FULL',
  EFBIG: 'SQLITE_FULL',
  EROFS: 'SQLITE_READONLY',
  EACCES: 'SQLITE_PERM',
  EPERM: 'SQLITE_PERM',
  EIO: 'SQLITE_IOERR',
  ENAMETOOLONG: 'SQLITE_CANTOPEN',
  ELOOP: 'SQLITE_CANTOPEN',
  EMFILE: 'SQLITE_CANTOPEN',
  ENFILE: 'SQLITE_CANTOPEN',
}

const unexpected = 'This should not happen: report it with the message above.'

/** An error of the driver or of a file as a `CairnError`, by its code and never by its text. Errors that are ours pass through. */
export function translate(error: unknown, path?: string): CairnError {
  if (error instanceof CairnError) return error
  const where = path === undefined ? '' : ` (${path})`
  const driverCode = codeOf(error)
  const details = driverCode === undefined ? undefined : { sqlite: driverCode }
  const found = translations.find(([start]) => driverCode?.startsWith(start))
  if (found) {
    const [, code, message, hint] = found
    return new CairnError(code, message.replace(/\.$/, `${where}.`), { hint, cause: error, details })
  }
  const text = error instanceof Error ? error.message : String(error)
  const message = error instanceof Database.SqliteError ? `SQLite refused: ${text}${where}.` : text
  return new CairnError('internal', message, { hint: unexpected, cause: error, details })
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof Database.SqliteError) return error.code
  return error instanceof Error && 'code' in error ? systemCodes[String(error.code)] : undefined
}

export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
}
