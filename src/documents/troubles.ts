import type { CairnError } from '../errors.js'

/** What was told. The same is not told again until its folder is synced, however often it is met. */
export class Troubles {
  #told: CairnError[] = []

  /** Whether it is new. */
  add(failure: CairnError): boolean {
    if (this.#told.some(({ message }) => message === failure.message)) return false
    this.#told.push(failure)
    return true
  }

  /** Some folders were synced; gives the last of what was told of each. What is about no folder is forgotten. */
  end(folders: string[]): CairnError[] {
    const folderOf = ({ details }: CairnError): unknown => details?.folder
    const over = this.#told.filter((failure) => folders.some((folder) => folderOf(failure) === folder))
    this.#told = this.#told.filter((failure) => folderOf(failure) !== undefined && !over.includes(failure))
    return [...new Map(over.map((failure) => [folderOf(failure), failure])).values()]
  }
}
