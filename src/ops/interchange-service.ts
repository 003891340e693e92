import { z } from 'zod'
import type { Guard } from '../access/guard.js'
import { parseNamespace, parseSegment } from '../access/namespace.js'
import { CairnError, invalidInput } from '../errors.js'
import { parse } from '../parse.js'
import type { Storage } from '../storage/storage.js'
import { type ImportProgress, importRows } from './import.js'
import { openImportFile } from './import-file.js'
import type { ImportReport } from './import-report.js'
import type { ExportScope } from './interchange.js'
import { rowsOf } from './interchange-file.js'
import { endLine, headerLine } from './interchange-line.js'
import type { ImportChunks } from './line-reader.js'
import type { ValueLimits } from './value-limits.js'

export const exportOptionsSchema = z.strictObject({ namespace: z.string().optional(), session: z.string().optional() })

/**
 * `namespace` exports the memories, the trail and, of a user, an app or a project, the state of a namespace and what is
 * below it; `session` a session with its events, its state, its memories and its trail, and those that it is a fork of.
 * Everything when both are left out.
 */
export type ExportOptions = z.input<typeof exportOptionsSchema>

const importOptionsSchema = z.strictObject({
  dryRun: z.boolean().optional(),
  onProgress: z.custom<(progress: ImportProgress) => void>((value) => typeof value === 'function').optional(),
})

/** `dryRun` says what would happen and writes nothing. `onProgress` is told now and then how far the import is. */
export type ImportFileOptions = z.input<typeof importOptionsSchema>

/** Exports and imports of whole stores and parts of them. */
export class InterchangeService {
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #limits: ValueLimits

  constructor({ storage, guard, limits }: { storage: Storage; guard: Guard; limits: ValueLimits }) {
    this.#storage = storage
    this.#guard = guard
    this.#limits = limits
  }

  /** The lines of a file, from one view of the store. */
  async *export(options: ExportOptions): AsyncGenerator<string> {
    await this.#guard.demandRoot('export data', { subject: 'store', operation: 'export' })
    const scope = parseScope(parse(exportOptionsSchema, options, 'export'))
    await this.#guard.noteRead({ subject: 'store', operation: 'export' }, () => ({ ...scope }))
    if (scope.session !== undefined) await this.#demandSession(scope.session)
    const snapshot = await this.#storage.interchange.openSnapshot(scope)
    try {
      yield `${headerLine(scope)}\n`
      let lines = 1
      // The next lines are made while the caller is busy with these.
      let coming = snapshot.next()
      for (let portion = await coming; portion !== undefined; portion = await coming) {
        coming = snapshot.next()
        coming.catch(() => undefined)
        for (const line of portion) yield `${line}\n`
        lines += portion.length
      }
      yield `${endLine(lines)}\n`
    } finally {
      await snapshot.close()
    }
  }

  async import(source: string | ImportChunks, options: ImportFileOptions): Promise<ImportReport> {
    await this.#guard.demandRoot('import data', { subject: 'store', operation: 'import' })
    const { dryRun = false, onProgress } = parse(importOptionsSchema, options, 'import')
    // A store that has been closed says so before a file is read.
    await this.#storage.interchange.missing({ sessions: [], tasks: [] })
    const file = await openImportFile(source)
    try {
      return await importRows(this.#storage, (pass) => rowsOf(file, this.#limits, pass), {
        author: this.#guard.author(),
        limits: this.#limits,
        ordered: true,
        share: () => file.share(),
        dryRun,
        onProgress,
      })
    } finally {
      file.close()
    }
  }

  async #demandSession(id: string): Promise<void> {
    if ((await this.#storage.sessions.get({ id, owner: undefined })) !== undefined) return
    throw new CairnError('not_found', `There is no session ${id}.`, { hint: 'Look for it with sessions.list().' })
  }
}

function parseScope({ namespace, session }: ExportOptions): ExportScope {
  if (namespace !== undefined && session !== undefined)
    throw invalidInput('An export is of a namespace or of a session, not of both.', 'Export one after the other.')
  if (namespace !== undefined) return { namespace: parseNamespace(namespace) }
  return session === undefined ? {} : { session: parseSegment(session, 'The session id') }
}
