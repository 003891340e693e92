import { CairnError } from '../../errors.js'
import type { Document, DocumentFolder, DocumentWithChunks, SkippedFile } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { documentNames } from '../document-names.js'
import { count, formatBytes, formatMinute, formatObject, formatTime } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { nameFiles } from '../named-files.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import { oneLine, printable, wrapped } from '../text.js'

export function addDocsReads(docs: CairnCommand, io: Io): void {
  for (const add of [addList, addShow, addRemove, addStatus]) add(docs, io)
}

export const aDocument = 'its path on disk, its path in its folder, or its id'
const inNamespace = 'in this namespace and below'

interface ListFlags {
  namespace?: string
  failed?: boolean
  limit?: number
  cursor?: string
}

function addList(docs: CairnCommand, io: Io): void {
  const list = docs
    .command('list')
    .description('List the documents that are indexed, by namespace, folder and path.')
    .option('--namespace <namespace>', inNamespace)
    .option('--failed', 'only those that could not be read or indexed as they are now')
  addPaging(list)
    .addHelpText('after', examples('cairn docs list', 'cairn docs list --failed --json'))
    .action((flags: ListFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const page = await cairn.documents.list(flags)
        output.show(page, ({ items }) => (items.length === 0 ? '' : formatList(items, output)))
        noteMore(page, output, 'no documents')
      }),
    )
}

function formatList(documents: Document[], output: Output): string {
  const documentName = documentNames(documents)
  const nameOf = (document: Document): string => {
    const { name, beside } = documentName(document)
    return name + beside
  }
  return output.table(documents, [
    { title: 'path', cell: nameOf },
    { title: 'title', cell: ({ title }) => title, shrinkTo: 12, dropAt: 2 },
    { title: 'chunks', cell: ({ chunks }) => `${chunks}`, align: 'right' },
    { title: 'changed', cell: ({ modifiedAt }) => formatMinute(modifiedAt), dropAt: 3 },
    { title: 'namespace', cell: ({ namespace }) => namespace, dropAt: 4 },
    { title: 'error', cell: ({ error }) => error ?? '', shrinkTo: 20, dropAt: 1 },
  ])
}

function addShow(docs: CairnCommand, io: Io): void {
  docs
    .command('show')
    .description('Show what is indexed of a document, with its chunks. Exit code 1 when there is none.')
    .argument('<document>', aDocument)
    .option('--namespace <namespace>', inNamespace)
    .addHelpText('after', examples('cairn docs show docs/guide.md', 'cairn docs show docs/guide.md --json'))
    .action((name: string, flags: { namespace?: string }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const found = await cairn.documents.get(name, flags)
        if (found === null) throw noDocument(name)
        output.show(found, () => formatDocument(found, output))
      }),
    )
}

export function noDocument(name: string): CairnError {
  return new CairnError('not_found', `No document ${name} is indexed.`, {
    hint: 'See which there are with cairn docs list.',
  })
}

function formatDocument(document: DocumentWithChunks, output: Output): string {
  const { id, namespace, root, path, title, metadata, bytes, content, modifiedAt, syncedAt, status, error } = document
  const facts = output.record([
    ['title', title],
    ['path', path],
    ['folder', root],
    ['namespace', namespace],
    ['id', id],
    ['size', `${formatBytes(bytes)}, ${count(content.length, 'chunk')}`],
    ['changed', formatTime(modifiedAt)],
    ['synced', formatTime(syncedAt)],
    ['status', status],
    ['error', error ?? ''],
    ['metadata', formatObject(metadata)],
  ])
  const chunks = content.map(({ heading, lines, tokens, text }) => {
    const remark = `lines ${lines.join('-')}, ${count(tokens, 'token')}`
    return `${output.heading(heading ?? '(before the first heading)', remark)}\n${printable(text)}`
  })
  return [facts, ...chunks].join('\n\n')
}

function addRemove(docs: CairnCommand, io: Io): void {
  docs
    .command('remove')
    .description(
      'Remove a document or a folder from the index. Files stay; the next sync of their folder finds them. Exit code 1 when there is none.',
    )
    .argument('<document>', `${aDocument}; or the path of a folder on disk`)
    .option('--namespace <namespace>', inNamespace)
    .addHelpText('after', examples('cairn docs remove docs/old.md', 'cairn docs remove docs'))
    .action((name: string, flags: { namespace?: string }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const folders = async () => (await cairn.documents.status()).items.length
        const before = await folders()
        const documents = await cairn.documents.remove(name, flags)
        // A folder in which nothing is indexed is something to remove as well.
        if (documents === 0 && (await folders()) === before) throw noDocument(name)
        output.show({ removed: documents }, () => oneLine(`Removed ${count(documents, 'document')} from the index.`))
      }),
    )
}

function addStatus(docs: CairnCommand, io: Io): void {
  docs
    .command('status')
    .description('Show the folders that were synced, and what of them is indexed.')
    .option('--namespace <namespace>', inNamespace)
    .addHelpText('after', examples('cairn docs status', 'cairn docs status --json'))
    .action((flags: { namespace?: string }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const status = await cairn.documents.status(flags)
        output.show(status, ({ items }) => (items.length === 0 ? '' : formatFolders(items, output, io.cwd)))
        if (status.items.length === 0) output.note('no folders')
      }),
    )
}

/** What is wrong stands below the table, whole: it matters more than the numbers. */
function formatFolders(folders: DocumentFolder[], output: Output, cwd: string): string {
  const table = output.table(folders, [
    { title: 'folder', cell: ({ root }) => root },
    { title: 'documents', cell: ({ documents }) => documents.toLocaleString('en'), align: 'right' },
    { title: 'chunks', cell: ({ chunks }) => chunks.toLocaleString('en'), align: 'right', dropAt: 2 },
    { title: 'failed', cell: ({ failed }) => (failed === 0 ? '' : `${failed}`), align: 'right', dropAt: 1 },
    { title: 'skipped', cell: skippedCount, align: 'right', dropAt: 1 },
    { title: 'synced', cell: ({ syncedAt }) => (syncedAt === null ? 'never' : formatMinute(syncedAt)), dropAt: 3 },
    { title: 'namespace', cell: ({ namespace }) => namespace, dropAt: 4 },
  ])
  const errors = folders.flatMap(({ root, error }) =>
    error === null ? [] : [error.includes(root) ? error : `${root}: ${error}`],
  )
  const lines = errors.map((error) => wrapped(oneLine(error), { width: output.columns, indent: 0 }).join('\n'))
  const skipped = folders.map(({ skipped: files, skippedCount: count }) =>
    nameFiles([{ what: 'skipped', such: 'skipped', files, count }], { output, cwd, whole: wholeOf(count, files) }),
  )
  return [table, ...lines, ...skipped.filter((text) => text !== '')].join('\n\n')
}

function skippedCount({ skippedCount: count }: DocumentFolder): string {
  return count === 0 ? '' : count.toLocaleString('en')
}

/** Only so many are kept. */
function wholeOf(count: number, { length }: SkippedFile[]): string {
  return count === length ? '--json names all' : `--json names ${length}, and the next sync with --json all`
}
