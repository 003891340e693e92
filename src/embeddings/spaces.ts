import { createHash } from 'node:crypto'
import type { NewSpace } from '../storage/embedding-store.js'
import type { Prefixes, SpaceDescription } from './embedder.js'
import { factsOf, unknownModel } from './model-facts.js'

/**
 * What a new space is called: ollama/nomic-embed-text:v1.5/768, with a few letters more for prefixes that are not the
 * model's own.
 */
export function spaceName({ provider, model, dimensions, prefixes }: SpaceDescription): string {
  const own = provider === 'custom' ? unknownModel.prefixes : factsOf(model).prefixes
  const plain = `${provider}/${model}/${dimensions}`
  const isOwn = prefixes.document === own.document && prefixes.query === own.query
  return isOwn ? plain : `${plain}/${lettersFor(prefixes)}`
}

function lettersFor({ document, query }: Prefixes): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([document, query]))
    .digest('hex')
  return digest.slice(0, 6)
}

/** The space of a store for a model: one that is described like it, whatever its name, or a new one. */
export function spaceFor(description: SpaceDescription, spaces: readonly NewSpace[]): NewSpace {
  const { provider, model, dimensions, prefixes } = description
  const { document: documentPrefix, query: queryPrefix } = prefixes
  const wanted = { provider, model, dimensions, documentPrefix, queryPrefix }
  const same = spaces.find((space) => isSame(space, wanted))
  return { name: same?.name ?? freeName(description, spaces), ...wanted }
}

/** Another version may have known other prefixes as the model's own. */
function freeName(description: SpaceDescription, spaces: readonly NewSpace[]): string {
  const name = spaceName(description)
  return spaces.some((space) => space.name === name) ? `${name}/${lettersFor(description.prefixes)}` : name
}

function isSame(a: Omit<NewSpace, 'name'>, b: Omit<NewSpace, 'name'>): boolean {
  const { provider, model, dimensions, documentPrefix, queryPrefix } = b
  return (
    a.provider === provider &&
    a.model === model &&
    a.dimensions === dimensions &&
    a.documentPrefix === documentPrefix &&
    a.queryPrefix === queryPrefix
  )
}

const providers = ['ollama', 'openai', 'transformers'] as const

/** Where the model of a space is asked for; undefined for one that only the caller has. */
export function providerOf({ provider }: NewSpace): (typeof providers)[number] | undefined {
  return providers.find((each) => each === provider)
}
