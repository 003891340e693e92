import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folders above one from the top of its git repository down. */
export function repositoryAbove(folder: string): string[] {
  const above = foldersAbove(folder)
  const top = above.findIndex((each) => existsSync(join(each, '.git')))
  return top === -1 || existsSync(join(folder, '.git')) ? [] : above.slice(0, top + 1).reverse()
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [] : [above, ...foldersAbove(above)]
}
