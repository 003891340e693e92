import { CairnError } from '../errors.js'
import type { Embedder, SpaceDescription } from './embedder.js'
import { type EmbedderSettings, modelMissing } from './embedder-schema.js'
import { embeddingCancelled, embeddingFailure, faultOf, takesNoText } from './embedding-failure.js'
import { type Limits, limited, type VectorRequest } from './limited.js'
import { defaultModels, factsOf, type ModelFacts, unknownModel, whyNotOfLength } from './model-facts.js'
import { findOllamaModel, type OllamaServer, ollamaRequest, ollamaUrl } from './ollama.js'
import { keyName, openaiRequest, openaiUrl } from './openai-compatible.js'
import { textEmbedder } from './text-embedder.js'
import { ModelThread } from './transformers.js'

export interface ChooseContext {
  /** Where keys and OLLAMA_HOST are. Default process.env. */
  environment?: Record<string, string | undefined>
  limits?: Partial<Limits>
  deadlines?: Partial<Deadlines>
  /** Gives up what is asked of a server to make the choice. */
  signal?: AbortSignal
  /** How long the vectors of a model are that is not known, if anything tells; else its server is asked. */
  lengthOf?: (model: string) => number | undefined
}

export interface Deadlines {
  embedMs: number
  /** For a question about the server itself. */
  checkMs: number
  /** How long `auto` waits for Ollama. */
  autoMs: number
}

export const usualDeadlines: Deadlines = { embedMs: 30_000, checkMs: 5_000, autoMs: 300 }

/** An embedder, or in a sentence why there is none, and what to do to get one. */
export type EmbedderChoice =
  | { embedder: Embedder; reason?: never; hint?: never }
  | { embedder?: never; reason: string; hint: string }

/** Something that makes vectors, before it is known how long they are. */
interface Model {
  provider: SpaceDescription['provider']
  model: string
  facts: ModelFacts
  batchSize: number
  request: VectorRequest
  /** It puts prefixes and cuts texts by itself. */
  preparesTexts?: true
  close?: () => Promise<void>
}

/**
 * The embedder that the settings ask for. One whose server is away is chosen all the same, and embeds when it is back; but
 * the length of vectors of a model that nobody knows is asked of its server, so such a one needs `dimensions` to be chosen
 * without. Rejects with `config_invalid` for settings that can never be.
 */
export async function chooseEmbedder(settings: EmbedderSettings, context: ChooseContext = {}): Promise<EmbedderChoice> {
  switch (settings.provider) {
    case 'none':
      return { reason: 'No embedder is set, so search goes by words.', hint: 'Set embedder to auto or ollama.' }
    case 'auto':
      return await lookForOllama(settings, context)
    default:
      return await settled(settings, modelOf(settings, context), context)
  }
}

/** Ollama, if it is there with the model; a failure must not cost more than a moment. */
async function lookForOllama(settings: EmbedderSettings, context: ChooseContext): Promise<EmbedderChoice> {
  const { autoMs } = { ...usualDeadlines, ...context.deadlines }
  try {
    await findOllamaModel(ollamaServer(settings, context), autoMs)
  } catch (error) {
    return noneBecause(error)
  }
  return await settled(settings, modelOf({ ...settings, provider: 'ollama' }, context), context)
}

function noneBecause(error: unknown): EmbedderChoice {
  const fault = faultOf(error)
  if (!(error instanceof CairnError) || fault === undefined) throw error
  // No text of anybody's has been sent yet.
  return { reason: error.message, hint: fault === 'texts' ? takesNoText : (error.hint ?? '') }
}

/** The model that is asked for, whose requests are limited. */
function modelOf(settings: EmbedderSettings, context: ChooseContext): Model {
  const model = plainModel(settings, context)
  // A thread computes one thing after another; what waits for it waits better here, where a query goes first.
  const limits = settings.provider === 'transformers' ? { requests: 2, ...context.limits } : context.limits
  return { ...model, request: limited(model.request, limits) }
}

function plainModel(settings: EmbedderSettings, context: ChooseContext): Model {
  const { embedMs } = { ...usualDeadlines, ...context.deadlines }
  if (settings.provider === 'openai') return openai(settings, context, embedMs)
  if (settings.provider === 'transformers') return transformers(settings)
  if (settings.embedder !== undefined) return custom(settings.embedder, embedMs)
  const server = ollamaServer(settings, context)
  return { ...named('ollama', server.model, settings, 8), request: ollamaRequest(server, embedMs) }
}

export function ollamaServer(settings: EmbedderSettings, { environment = process.env }: ChooseContext): OllamaServer {
  return { url: ollamaUrl(settings.url, environment), model: settings.model ?? defaultModels.ollama }
}

function openai(settings: EmbedderSettings, { environment = process.env }: ChooseContext, embedMs: number): Model {
  if (settings.url !== undefined && settings.model === undefined)
    throw invalidSetting(modelMissing.message, modelMissing.hint)
  const url = openaiUrl(settings.url)
  const name = keyName(url, settings.apiKeyEnv)
  const key = name === undefined ? undefined : readKey(environment, name)
  const model = named('openai', settings.model ?? defaultModels.openai, settings, 32)
  const dimensions = model.facts.shortensItself ? settings.dimensions : undefined
  const request = openaiRequest({ url, model: model.model, key, dimensions }, embedMs)
  const keyless: VectorRequest = async () => {
    throw embeddingFailure(
      'setup',
      `The environment variable ${name} is not set, and ${new URL(url).host} wants a key.`,
      {
        hint: `Set ${name} to the key.`,
      },
    )
  }
  return { ...model, request: name !== undefined && !key ? keyless : request }
}

/** Without the line end that a file of settings may leave with it: as it is sent is how it is kept out of messages. */
function readKey(environment: Record<string, string | undefined>, name: string): string | undefined {
  const key = environment[name]?.trim()
  if (key === undefined || /^[\x21-\x7e]*$/.test(key)) return key
  throw invalidSetting(
    `The environment variable ${name} holds what cannot be a key: spaces, line ends or letters beyond ASCII.`,
    `Set ${name} to the key alone.`,
  )
}

function transformers(settings: EmbedderSettings): Model {
  const model = named('transformers', settings.model ?? defaultModels.transformers, settings, 8)
  const { pooling } = model.facts
  if (pooling === undefined) throw invalidSetting(`${model.model} cannot run in this process; a server can have it.`)
  const thread = new ModelThread({ model: model.model, folder: settings.url, pooling })
  return { ...model, request: thread.request, close: () => thread.close() }
}

function named(
  provider: Model['provider'],
  model: string,
  settings: EmbedderSettings,
  batchSize: number,
): Omit<Model, 'request'> {
  const known = factsOf(model)
  const facts = { ...known, prefixes: settings.prefixes ?? known.prefixes }
  return { provider, model, facts, batchSize: settings.batchSize ?? batchSize }
}

/** An embedder of the caller's own: it puts prefixes and cuts as it likes; what it answers is checked as any. */
function custom(embedder: Embedder, timeoutMs: number): Model {
  const { provider, model, dimensions, prefixes } = embedder.space
  const name = `${provider}/${model}`
  return {
    provider,
    model,
    facts: { ...unknownModel, dimensions, prefixes },
    batchSize: embedder.batchSize,
    preparesTexts: true,
    request: async (texts, { kind, signal }) => {
      const late = new AbortController()
      // Where nothing else goes on, the program would end before the timer of AbortSignal.timeout.
      const timer = setTimeout(() => late.abort(), timeoutMs)
      const end = signal ? AbortSignal.any([signal, late.signal]) : late.signal
      try {
        return await untilAborted(embedder.embed([...texts], { kind, signal: end }), end)
      } catch (error) {
        if (signal?.aborted) throw embeddingCancelled()
        if (late.signal.aborted) throw tooLate(name, timeoutMs)
        throw ownFailure(error, name)
      } finally {
        clearTimeout(timer)
      }
    },
    close: async () => {
      try {
        await embedder.close?.()
      } catch (error) {
        throw embeddingFailure('setup', `The embedder ${name} could not be closed: ${reasonOf(error)}.`, {
          hint: 'All else is closed. What its own `close` throws is the reason.',
          cause: error,
        })
      }
    },
  }
}

/** Other code need not heed a signal. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const leave = (): void => signal.removeEventListener('abort', abort)
    Promise.resolve(work).then(resolve, reject).finally(leave)
  })
}

function tooLate(name: string, timeoutMs: number): CairnError {
  return embeddingFailure('server', `The embedder ${name} did not answer within ${timeoutMs / 1_000} s.`)
}

/** What other code throws, as a failure of which something is known. */
function ownFailure(error: unknown, name: string): unknown {
  if (!(error instanceof CairnError))
    return embeddingFailure('unclear', `The embedder ${name} failed: ${reasonOf(error)}.`, { cause: error })
  return error.code === 'invalid_input' ? embeddingFailure('texts', error.message, { cause: error }) : error
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

/** The model as an embedder, once it is known how long its vectors are. */
async function settled(
  settings: EmbedderSettings,
  model: Model,
  { signal, lengthOf }: Pick<ChooseContext, 'signal' | 'lengthOf'>,
): Promise<EmbedderChoice> {
  try {
    const known = dimensionsOf(settings, model) ?? lengthOf?.(model.model)
    const dimensions = known ?? (await measured(model.request, signal))
    return { embedder: embedderOf(model, dimensions) }
  } catch (error) {
    await model.close?.().catch(() => undefined)
    return noneBecause(error)
  }
}

function embedderOf({ provider, model, facts, ...parts }: Model, dimensions: number): Embedder {
  const { prefixes, maxTokens, shortening } = facts
  const space = { provider, model, dimensions, prefixes }
  return textEmbedder({ space, ...parts, ...(!parts.preparesTexts && { prefixes, maxTokens, shortening }) })
}

function dimensionsOf({ dimensions }: EmbedderSettings, { model, facts }: Model): number | undefined {
  const wrong = dimensions === undefined ? undefined : whyNotOfLength(model, dimensions)
  if (wrong !== undefined) throw invalidSetting(wrong)
  return dimensions ?? facts.dimensions
}

/** What the schema of a store takes. */
const mostDimensions = 65_536

async function measured(request: VectorRequest, signal: AbortSignal | undefined): Promise<number> {
  const [vector] = await request(['a'], { kind: 'query', probe: true, ...(signal && { signal }) })
  const isVector = Array.isArray(vector) || vector instanceof Float32Array
  if (isVector && vector.length > 0 && vector.length <= mostDimensions) return vector.length
  throw embeddingFailure('unclear', 'The model answered with something that is not a vector.')
}

function invalidSetting(message: string, hint = 'See docs/embeddings.md for the settings there are.'): CairnError {
  return new CairnError('config_invalid', message, { hint })
}
