import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ignore, { type Ignore } from 'ignore'
import { isMissing } from './file-errors.js'
import { isInside } from './inside.js'
import { repositoryAbove } from './repository-above.js'

/** The rules of one .gitignore, for paths below its folder. */
export interface RuleFile {
  folder: string
  rules: Ignore
}

/** What the .gitignore of a folder adds to the rules above it; of one that cannot be read, nothing. */
export function withRulesOf(folder: string, above: RuleFile[]): RuleFile[] {
  const text = readRules(join(folder, '.gitignore'))
  return text === undefined ? above : [...above, { folder, rules: ignore().add(text) }]
}

function readRules(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isMissing(error) || ['EACCES', 'EISDIR', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw error
  }
}

/** The nearest file that says something decides, as in git. Rules do not reach below a folder that they ignore. */
export function isIgnored(path: string, isFolder: boolean, rules: RuleFile[]): boolean {
  for (const { folder, rules: file } of rules.toReversed()) {
    // A file says nothing of its own folder, nor of those above.
    if (!isInside(path, folder)) continue
    const inside = relative(folder, path).split(sep).join('/')
    const above = inside.lastIndexOf('/')
    // It ignores the folder above, which another file has taken back; of what is in there it says the same.
    if (above !== -1 && file.test(inside.slice(0, above + 1)).ignored) continue
    const { ignored, unignored } = file.test(isFolder ? `${inside}/` : inside)
    if (ignored || unignored) return ignored
  }
  return false
}

/**
 * The rules that hold in a folder from above it, up to the top of its git repository. None when they ignore the folder
 * itself: whoever names it means it.
 */
export function rulesAbove(folder: string): RuleFile[] {
  const folders = repositoryAbove(folder)
  const rules = folders.reduce<RuleFile[]>((found, each) => withRulesOf(each, found), [])
  const chain = [...folders.slice(1), folder]
  return chain.some((each) => isIgnored(each, true, rules)) ? [] : rules
}
