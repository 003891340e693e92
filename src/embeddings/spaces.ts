import { createHash } from 'node:crypto'
import type { NewSpace } from '../storage/embedding-store.js'
import type { SpaceDescription } from './embedder.js'

/** What a store calls a space: ollama/nomic-embed-text:v1.5/768, with a few letters more for each choice of prefixes. */
export function spaceName({ provider, model, dimensions, prefixes }: SpaceDescription): string {
  const { document, query } = prefixes
  const plain = `${provider}/${model}/${dimensions}`
  if (document === '' && query === '') return plain
  const digest = createHash('sha256')
    .update(JSON.stringify([document, query]))
    .digest('hex')
  return `${plain}/${digest.slice(0, 6)}`
}

export function toNewSpace(space: SpaceDescription): NewSpace {
  const { provider, model, dimensions, prefixes } = space
  const { document: documentPrefix, query: queryPrefix } = prefixes
  return { name: spaceName(space), provider, model, dimensions, documentPrefix, queryPrefix }
}

const providers = ['ollama', 'openai', 'transformers'] as const

/** Where the model of a space is asked for; undefined for one that only the caller has. */
export function providerOf({ provider }: NewSpace): (typeof providers)[number] | undefined {
  return providers.find((each) => each === provider)
}
