import { join } from 'node:path'
import type { Failure } from '../errors.js'
import type { DocumentRow } from '../storage/document-store.js'

/** How many documents of one name are told apart in an error. */
const mostNamed = 10

/** How many a store has to find of a name: one more than are told. */
export const mostFound = mostNamed + 1

/** A name stands for one document: of several, nothing is read and nothing removed, and it is said which there are. */
export function ambiguousName(name: string, found: DocumentRow[]): Failure | undefined {
  if (found.length < 2) return undefined
  const documents = found.slice(0, mostNamed).map(({ id, namespace, root, path }) => ({ id, namespace, root, path }))
  const paths = documents.map(({ root, path }) => join(root, path))
  const which = documents.map(({ id, namespace }, index) => `${paths[index]} in ${namespace} (${id})`)
  const unique = new Set(paths).size === paths.length ? 'its whole path' : 'its namespace beside its whole path'
  const more = found.length > mostNamed ? ', and more' : ''
  return {
    code: 'invalid_input',
    message: `${name} is the name of several documents: ${which.join(', ')}${more}.`,
    hint: `Name one by ${unique}, or by the id in brackets.`,
    details: { documents },
  }
}
