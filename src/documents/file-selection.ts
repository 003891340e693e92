import picomatch, { type PicomatchOptions } from 'picomatch'
import { invalidInput } from '../errors.js'

/** Globs over paths relative to the folder that is synced; one without a slash is about names at any depth. */
export interface SelectionGlobs {
  include?: string[] | undefined
  exclude?: string[] | undefined
}

export interface FileSelection {
  hasFile(path: string): boolean
  /** Whether to look into a folder. */
  hasFolder(path: string): boolean
}

const markdown = /\.(?:md|markdown)$/i
/** A glob that says which ending it means, such as notes/*.txt. */
const namesEnding = /\.[\w{},]+$/

/**
 * Markdown files, of those the ones that `include` matches, and none that `exclude` matches. Other files only where an
 * include glob names their ending.
 */
export function selectFiles({ include = [], exclude = [] }: SelectionGlobs): FileSelection {
  const included = matcher(include)
  const named = matcher(include.filter((glob) => namesEnding.test(glob)))
  const excluded = matcher(exclude)
  return {
    hasFile: (path) => {
      if (excluded(path)) return false
      return markdown.test(path) ? include.length === 0 || included(path) : named(path)
    },
    hasFolder: (path) => !excluded(path),
  }
}

function matcher(globs: string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false
  const matchers = globs.map((glob) => picomatch(withoutDots(glob), optionsOf(glob)))
  return (path) => matchers.some((matches) => matches(path))
}

const optionsOf = (glob: string): PicomatchOptions => ({ basename: !glob.includes('/'), dot: true })

/** Refuses globs that can match nothing, or not what was meant. */
export function assertGlobs(globs: SelectionGlobs): void {
  for (const name of ['include', 'exclude'] as const)
    for (const glob of globs[name] ?? []) {
      if (!isWellFormed(glob))
        throw invalidInput(
          `${name} has ${JSON.stringify(glob)}, which is no glob.`,
          'Close each bracket and brace, let ranges go upwards, and put a backslash before a character that stands for itself.',
        )
      if (glob.split('/').includes('..'))
        throw invalidInput(
          `${name} has ${JSON.stringify(glob)}, and no path in a folder has .. in it.`,
          'Globs are about paths in the folder that is synced, such as drafts/**. Name that folder, or one around it, instead.',
        )
    }
}

function isWellFormed(glob: string): boolean {
  try {
    // Without `debug` a pattern that is no regular expression is one that matches nothing.
    return picomatch.makeRe(withoutDots(glob), { ...optionsOf(glob), strictBrackets: true, debug: true }) !== undefined
  } catch {
    return false
  }
}

/** ./notes/ and /notes as notes. */
function withoutDots(glob: string): string {
  return glob.replace(/^\.?\/(?=.)/, '').replace(/(?<=.)\/$/, '')
}
