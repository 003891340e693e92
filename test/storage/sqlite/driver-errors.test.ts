import { SqliteError } from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { CairnError, type ErrorCode } from '../../../src/errors.js'
import { isBusy, translate } from '../../../src/storage/sqlite/driver-errors.js'

const known: [sqlite: string, code: ErrorCode][] = [
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_BUSY_SNAPSHOT', 'busy'],
  ['SQLITE_BUSY_RECOVERY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_FULL', 'disk_full'],
  ['SQLITE_IOERR_WRITE', 'disk_full'],
  ['SQLITE_IOERR_SHMSIZE', 'disk_full'],
  ['SQLITE_READONLY', 'read_only'],
  ['SQLITE_READONLY_DIRECTORY', 'read_only'],
  ['SQLITE_PERM', 'read_only'],
  ['SQLITE_CANTOPEN', 'read_only'],
  ['SQLITE_NOTADB', 'not_a_database'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_CORRUPT_INDEX', 'corrupt'],
  ['SQLITE_IOERR_READ', 'internal'],
  ['SQLITE_IOERR', 'internal'],
  ['SQLITE_TOOBIG', 'too_large'],
]

const system: [code: string, translated: ErrorCode][] = [
  ['ENOSPC', 'disk_full'],
  ['EDQUOT', 'disk_full'],
  ['EROFS', 'read_only'],
  ['EACCES', 'read_only'],
  ['EPERM', 'read_only'],
  ['EMFILE', 'read_only'],
  ['EIO', 'internal'],
]

describe('an error of the driver', () => {
  it.each(known)('%s is %s, by its code and with something to do about it', (sqlite, code) => {
    const cause = new SqliteError('words that may change', sqlite)
    const error = translate(cause)
    expect(error).toBeInstanceOf(CairnError)
    expect(error).toMatchObject({ code, cause, details: { sqlite } })
    expect(error.hint).toMatch(/\w{3,}.*\.$/)
    expect(error.message).not.toContain('words that may change')
  })

  it('names the store where one is known', () => {
    expect(translate(new SqliteError('x', 'SQLITE_NOTADB'), 'a/b.db').message).toBe(
      'That file is not a database (a/b.db).',
    )
    expect(translate(new SqliteError('x', 'SQLITE_NOTADB')).message).toBe('That file is not a database.')
  })

  it('that has no translation keeps its words', () => {
    const error = translate(new SqliteError('UNIQUE constraint failed: t.a', 'SQLITE_CONSTRAINT_UNIQUE'), 'a.db')
    expect(error).toMatchObject({ code: 'internal', details: { sqlite: 'SQLITE_CONSTRAINT_UNIQUE' } })
    expect(error.message).toContain('UNIQUE constraint failed: t.a')
  })
})

describe('another error', () => {
  it.each(system)('%s of the operating system is %s', (code, translated) => {
    expect(translate(Object.assign(new Error('x'), { code })).code).toBe(translated)
  })

  it('of ours passes through', () => {
    const error = new CairnError('conflict', 'x')
    expect(translate(error, 'a.db')).toBe(error)
  })

  it('of whatever kind is internal, with itself as the cause', () => {
    const cause = new TypeError('no function')
    expect(translate(cause)).toMatchObject({ code: 'internal', message: 'no function', cause })
    expect(translate(Object.assign(new Error('x'), { code: 'ENOTHING' }))).toMatchObject({
      code: 'internal',
      message: 'x',
    })
    expect(translate('thrown text')).toMatchObject({ code: 'internal', message: 'thrown text' })
  })
})

it('only busy is busy', () => {
  expect(isBusy(new SqliteError('x', 'SQLITE_BUSY'))).toBe(true)
  expect(isBusy(new SqliteError('x', 'SQLITE_BUSY_SNAPSHOT'))).toBe(true)
  expect(isBusy(new SqliteError('x', 'SQLITE_LOCKED'))).toBe(false)
  expect(isBusy(new Error('SQLITE_BUSY'))).toBe(false)
})
