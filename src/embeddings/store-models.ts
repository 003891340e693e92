import type { NewSpace, SpaceRow } from '../storage/embedding-store.js'
import type { EmbedderCheck } from './check-embedder.js'
import type { EmbedderChoice } from './choose.js'
import type { EmbedderSettings } from './embedder-schema.js'
import type { NoModel } from './own-model.js'

/** The models that a store may be worked on with, by its settings. */
export interface StoreModels {
  /** Whether the settings name a model, rather than take what there is. */
  isNamed: boolean
  /**
   * `auto` is the model that the vectors of the store are of, if there are some. How long those of a named model are that is
   * not known otherwise, a space of it tells as well.
   */
  choose(spaces: SpaceRow[], signal: AbortSignal): Promise<EmbedderChoice>
  /** The model that the vectors of a space are of; undefined where the settings do not say where to ask for it. */
  chooseFor(space: NewSpace, signal: AbortSignal): Promise<EmbedderChoice | undefined>
  /** What there must be for the model to answer that `choose` chooses. */
  check(active: NewSpace | undefined): Promise<EmbedderCheck[]>
}

/** Loads what chooses only where there is a model to choose: with HTTP and tokens, a good part of a start. */
export function storeModels(settings: EmbedderSettings): StoreModels {
  return {
    isNamed: settings.provider !== 'auto' && settings.provider !== 'none',
    async choose(spaces, signal) {
      const active = spaces.find(({ state }) => state === 'active')
      const missing = unnamedServer(settings, active)
      if (missing) return missing
      const { chooseEmbedder } = await import('./choose.js')
      const lengthOf = (model: string): number | undefined => knownLength(spaces, settings, model)
      return chooseEmbedder(await settledSettings(settings, active), { signal, lengthOf })
    },
    async chooseFor(space, signal) {
      const { chooseEmbedder } = await import('./choose.js')
      const settingsOfSpace = await settingsFor(settings, space)
      return settingsOfSpace && chooseEmbedder(settingsOfSpace, { signal })
    },
    async check(active) {
      const missing = unnamedServer(settings, active)
      if (missing) return [{ what: 'settings', ok: false, says: missing.reason, fix: missing.hint }]
      const { checkEmbedder } = await import('./check-embedder.js')
      return [...unused(settings, active), ...(await checkEmbedder(await settledSettings(settings, active)))]
    },
  }
}

/** Settings of a model that has no say where `auto` goes by the vectors that there are. */
function unused({ provider, model, dimensions }: EmbedderSettings, active: NewSpace | undefined): EmbedderCheck[] {
  if (provider !== 'auto' || active === undefined) return []
  const names = [
    model !== undefined && model !== active.model && 'embedder.model',
    dimensions !== undefined && dimensions !== active.dimensions && 'embedder.dimensions',
  ].filter((name) => name !== false)
  if (names.length === 0) return []
  const says = `The vectors of the store are of ${active.name}. ${names.join(' and ')} would make others, and counts only with embedder, which names whose model it is.`
  return [{ what: 'settings', ok: true, says }]
}

/** Of the space that is searched or filled rather than of one that is kept. */
function knownLength(spaces: SpaceRow[], { provider }: EmbedderSettings, model: string): number | undefined {
  const own = spaces.filter((space) => space.provider === provider && space.model === model)
  return (own.find(({ state }) => state !== 'kept') ?? own[0])?.dimensions
}

async function settledSettings(settings: EmbedderSettings, active: NewSpace | undefined): Promise<EmbedderSettings> {
  if (settings.provider !== 'auto' || active === undefined) return settings
  return (await settingsFor(settings, active)) ?? settings
}

/**
 * The address of a server is no part of a store. Where nobody has named one, `auto` would take OpenAI's own for it, and send
 * there what was meant for a server in the house.
 */
function unnamedServer({ provider, url }: EmbedderSettings, active: NewSpace | undefined): NoModel | undefined {
  if (provider !== 'auto' || url !== undefined || active?.provider !== 'openai') return undefined
  return {
    reason: `The vectors of the store are of ${active.name}, and the settings name no server for it.`,
    hint: `Set embedder to openai and embedder.model to ${active.model}; and embedder.url, unless its server is OpenAI's own.`,
  }
}

/** A server that was not chosen is sent nothing: a provider that is named is asked for its own models alone. */
async function settingsFor(settings: EmbedderSettings, space: NewSpace): Promise<EmbedderSettings | undefined> {
  const { providerOf } = await import('./spaces.js')
  const provider = providerOf(space)
  if (unnamedServer(settings, space)) return undefined
  if (provider === undefined || (settings.provider !== 'auto' && settings.provider !== provider)) return undefined
  const { model, dimensions, documentPrefix: document, queryPrefix: query } = space
  return { ...settings, provider, model, dimensions, prefixes: { document, query } }
}
