import { relative } from 'node:path'
import type { SkippedFile } from '../index.js'
import type { Output } from './output.js'
import { oneLine, wrapped } from './text.js'

/** Whoever has hundreds of such files needs to see what kind they are, and what else was said. */
const mostNamed = 10

/** Files of which something is to be told; `count` when there are more than are at hand. */
export interface FilesToName {
  what: string
  /** What is said of those that are not named: 290 more skipped. */
  such: string
  files: SkippedFile[]
  count?: number
}

interface Row extends SkippedFile {
  what: string
}

/**
 * The first files of each kind with the reason, and how many more there are; `whole` says where all can be had. What is in or
 * below the current folder is named from there: nobody reads the rest. Empty when there are none.
 */
export function nameFiles(
  kinds: FilesToName[],
  { output, cwd, whole }: { output: Output; cwd: string; whole: string },
): string {
  const rows = kinds.flatMap(({ what, files }) =>
    files.slice(0, mostNamed).map(({ path, reason }): Row => ({ what, path: fromHere(cwd, path), reason })),
  )
  if (rows.length === 0) return ''
  const columns = [
    { title: '', cell: ({ what }: Row) => what },
    { title: 'path', cell: ({ path }: Row) => path },
    { title: 'why', cell: ({ reason }: Row) => reason },
  ]
  const inLines = ({ what, path, reason }: Row): string =>
    wrapped(oneLine(`${what} ${path}: ${reason}`), { width: output.columns, indent: 0 }).join('\n')
  const more = kinds.flatMap(({ such, files, count = files.length }) =>
    count > mostNamed ? [`${(count - mostNamed).toLocaleString('en')} more ${such}`] : [],
  )
  const rest = more.length === 0 ? [] : [output.wrapped(`… and ${more.join(', ')}; ${whole}`)]
  return [output.table(rows, columns, inLines), ...rest].join('\n')
}

export function fromHere(cwd: string, path: string): string {
  const short = relative(cwd, path)
  return short === '' || short.startsWith('..') ? path : short
}
