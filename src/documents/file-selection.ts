import picomatch from 'picomatch'

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
  const matchers = globs.map((glob) => picomatch(withoutDots(glob), { basename: !glob.includes('/'), dot: true }))
  return (path) => matchers.some((matches) => matches(path))
}

/** ./notes/ and /notes as notes. */
function withoutDots(glob: string): string {
  return glob.replace(/^\.?\/(?=.)/, '').replace(/(?<=.)\/$/, '')
}
