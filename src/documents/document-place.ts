import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import type { DocumentPlace } from '../storage/document-store.js'

/** A document or folder as callers name it: by id, by its path in a folder, or by its path on disk. */
export function placeOf(name: string): Pick<DocumentPlace, 'id' | 'splits'> {
  return { id: name, splits: name.includes('\0') ? [] : splitsOf(realPath(resolve(name))) }
}

/** The path without links, though the last part of it may be gone. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const folder = dirname(path)
    return folder === path ? path : join(realPath(folder), basename(path))
  }
}

/** /a/b as the folder /a/b, as b in /a and as a/b in /. */
function splitsOf(path: string): DocumentPlace['splits'] {
  const splits = [{ root: path, path: '' }]
  for (let root = dirname(path); ; root = dirname(root)) {
    const rest = path.slice(root === sep ? 1 : root.length + 1)
    if (rest !== '') splits.push({ root, path: rest.split(sep).join('/') })
    if (root === dirname(root)) return splits
  }
}
