import { type Dirent, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { isMissing, reasonOf, type SkippedFile } from './file-errors.js'
import { type FileSelection, type SelectionGlobs, selectFiles } from './file-selection.js'
import { type FileStamp, stampOf } from './file-stamp.js'
import { isHidden } from './hidden-files.js'
import { isIgnored, type RuleFile, rulesAbove, withRulesOf } from './ignore-rules.js'
import { isInside } from './inside.js'

export interface FoundFile extends FileStamp {
  /** Relative to the folder, with `/`. */
  path: string
}

export interface Walk {
  files: FoundFile[]
  skipped: SkippedFile[]
}

export interface WalkInput extends SelectionGlobs {
  folder: string
}

/** The files of a folder that are to be indexed. Rests after each folder, for those who have other things to do. */
export function* walkFolder({ folder, ...globs }: WalkInput): Generator<undefined, Walk> {
  const walk: Walk = { files: [], skipped: [] }
  const selection = selectFiles(globs)
  const open: { path: string; rules: RuleFile[] }[] = [{ path: '', rules: rulesAbove(folder) }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inside = join(folder, next.path)
    const rules = withRulesOf(inside, next.rules)
    for (const entry of entriesOf(inside, { isRoot: next.path === '', skipped: walk.skipped })) {
      const path = next.path === '' ? entry.name : `${next.path}/${entry.name}`
      const absolute = join(inside, entry.name)
      if (isHidden(entry.name) || isIgnored(absolute, entry.isDirectory(), rules)) continue
      if (entry.isDirectory()) {
        if (selection.hasFolder(path)) open.push({ path, rules })
      } else visit(entry, { path, absolute, selection, walk })
    }
    yield
  }
  return walk
}

/** What has gone since the folder above was read is not there: that is no fault, but of the folder that is synced. */
function entriesOf(folder: string, { isRoot, skipped }: { isRoot: boolean; skipped: SkippedFile[] }): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (isRoot || !isMissing(error)) skipped.push({ path: folder, reason: reasonOf(error) })
    return []
  }
}

interface Visit {
  path: string
  absolute: string
  selection: FileSelection
  walk: Walk
}

/** Links are not followed: what is in the folder is found under its own name, and what is not is no part of it. */
function visit(entry: Dirent, { path, absolute, selection, walk }: Visit): void {
  if (entry.isSymbolicLink()) {
    const reason = linkReason(absolute)
    if (reason === undefined) return
    if (selection.hasFile(path) || (reason.isFolder && selection.hasFolder(path)))
      walk.skipped.push({ path: absolute, reason: reason.text })
    return
  }
  if (!selection.hasFile(path)) return
  if (!entry.isFile()) {
    walk.skipped.push({ path: absolute, reason: 'not a regular file' })
    return
  }
  try {
    walk.files.push({ path, ...stampOf(lstatSync(absolute, { bigint: true })) })
  } catch (error) {
    if (entry.name.includes('\ufffd')) walk.skipped.push({ path: absolute, reason: 'its name is not UTF-8' })
    else if (!isMissing(error)) walk.skipped.push({ path: absolute, reason: reasonOf(error) })
  }
}

/** Undefined when the link itself has gone. */
function linkReason(path: string): { text: string; isFolder: boolean } | undefined {
  try {
    const target = realpathSync(path)
    const isFolder = lstatSync(target).isDirectory()
    const isLoop = isFolder && isInside(path, target)
    const text = isLoop ? `a symbolic link that leads back to ${target}` : `a symbolic link to ${target}, not followed`
    return { text, isFolder }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP')
      return { text: 'a symbolic link that leads to itself', isFolder: true }
    const target = readLink(path)
    return target === undefined ? undefined : { text: `a symbolic link that leads nowhere: ${target}`, isFolder: false }
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    return isMissing(error) ? undefined : reasonOf(error)
  }
}

/** What a walk of a folder has not found, and what is the reason. Paths are relative to the folder. */
export interface Missing {
  /** There is nothing at these. */
  gone: string[]
  /** These are there, but not to be indexed. */
  leftOut: string[]
}

/** Of paths in neither list the file is there now, or cannot be looked at. */
export function lookForMissing({ folder, paths, ...globs }: WalkInput & { paths: string[] }): Missing {
  const selection = selectFiles(globs)
  const rulesOf = rulesByFolder(folder)
  const missing: Missing = { gone: [], leftOut: [] }
  for (const path of paths) {
    if (isGone(join(folder, path))) missing.gone.push(path)
    else if (isLeftOut(path, { folder, selection, rulesOf })) missing.leftOut.push(path)
  }
  return missing
}

function isGone(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR'
  }
}

type RulesOf = (path: string) => RuleFile[]

/** The rules that hold in a folder inside of `folder`, each read once. */
function rulesByFolder(folder: string): RulesOf {
  const known = new Map<string, RuleFile[]>()
  const rulesOf: RulesOf = (path) => {
    const found = known.get(path)
    if (found) return found
    const above = path === '' ? rulesAbove(folder) : rulesOf(parentOf(path))
    const rules = withRulesOf(join(folder, path), above)
    known.set(path, rules)
    return rules
  }
  return rulesOf
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

function isLeftOut(path: string, at: { folder: string; selection: FileSelection; rulesOf: RulesOf }): boolean {
  const parents = path.split('/').flatMap((_, index, parts) => (index === 0 ? [] : [parts.slice(0, index).join('/')]))
  const left = (each: string, isFolder: boolean): boolean =>
    isHidden(each.slice(each.lastIndexOf('/') + 1)) ||
    isIgnored(join(at.folder, each), isFolder, at.rulesOf(parentOf(each))) ||
    !(isFolder ? at.selection.hasFolder(each) : at.selection.hasFile(each))
  return parents.some((each) => left(each, true)) || left(path, false)
}
