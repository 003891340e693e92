import type { CairnCommand } from '../command.js'
import type { Io } from '../io.js'
import { addDocsReads } from './docs-reads.js'
import { addDocsSync } from './docs-sync.js'
import { addDocsWatch } from './docs-watch.js'

export function addDocs(program: CairnCommand, io: Io): void {
  const docs = program.command('docs').description('Index markdown files, so that search finds what is in them.')
  for (const add of [addDocsSync, addDocsWatch, addDocsReads]) add(docs, io)
}
