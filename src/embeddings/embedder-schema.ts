import { z } from 'zod'
import type { Embedder } from './embedder.js'
import { defaultModels, whyNotOfLength } from './model-facts.js'

const embedderNames = ['auto', 'none', 'ollama', 'openai', 'transformers'] as const

// With provider, length and letters for prefixes it is the name of a space, of 500 characters at most.
const model = z.string().min(1).max(400)
const dimensions = z.number().int().min(1).max(16_384)
const batchSize = z.number().int().min(1).max(2_048)
const prefix = z.string().max(2_000)

const settingsSchema = z.strictObject({
  provider: z
    // An embedder of one's own is not named.
    .enum([...embedderNames, 'custom'], `must be one of ${embedderNames.join(', ')}`)
    .default('auto')
    .describe(
      'auto: Ollama if it answers within 300 ms, else none; none: words only; ollama, openai (any server that speaks its protocol) or transformers (in this process).',
    ),
  model: model.optional().describe("The model's name, as its provider has it."),
  url: z
    .string()
    .max(2_000)
    .refine(isPlace, 'must be an address such as http://127.0.0.1:11434, without a name and password in it')
    .optional()
    .describe('Where its server is; for transformers, a folder of models.'),
  dimensions: dimensions.optional().describe("The length of its vectors, where it is not the model's own."),
  apiKeyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable, not the key')
    .optional()
    .describe('The environment variable that holds the key of an openai server.'),
  prefixes: z
    .strictObject({ document: prefix.default(''), query: prefix.default('') })
    .optional()
    .describe("What is put before texts and before queries, instead of the model's own."),
  batchSize: batchSize.optional().describe('Texts in a request.'),
  embedder: z.custom<Embedder>().optional().describe('An embedder of your own; from code only.'),
})

/** Which model turns texts into vectors, with all that is said about it. */
export type EmbedderSettings = z.output<typeof settingsSchema>
export type EmbedderOptions = Omit<z.input<typeof settingsSchema>, 'embedder'>

/** A name, a name with options, or an embedder of one's own. */
export type EmbedderInput = (typeof embedderNames)[number] | EmbedderOptions | Embedder

/** Takes the three forms of it and makes one of them. */
export const embedderSchema = z.preprocess(
  asCheckedOptions,
  settingsSchema.refine(
    ({ provider, embedder }) => (provider === 'custom') === (embedder !== undefined),
    'an embedder of your own is given as an object with space, batchSize and embed',
  ),
) as unknown as z.ZodType<EmbedderSettings, EmbedderInput>

/** For a server that is not OpenAI's. */
export const modelMissing = {
  message: 'embedder.model is missing: which model the server has, only its owner knows.',
  hint: 'Set embedder.model to the name that the server has for it.',
}

/** What can never work, whether a server answers or not: of all layers of settings together. */
export function wrongSettings({ provider, model, dimensions, url }: EmbedderSettings): typeof modelMissing | undefined {
  if (provider === 'none' || provider === 'custom') return undefined
  if (url !== undefined && provider !== 'transformers' && !hasScheme.test(url))
    return { message: `embedder.url is not the address of a server: ${url}.`, hint: 'Such as http://127.0.0.1:11434.' }
  if (provider === 'openai' && url !== undefined && model === undefined) return modelMissing
  if (dimensions === undefined) return undefined
  const message = whyNotOfLength(model ?? defaultModels[provider === 'auto' ? 'ollama' : provider], dimensions)
  return message === undefined ? undefined : { message, hint: 'docs/embeddings.md lists the lengths of models.' }
}

/** The settings one by one, for the page that lists them. */
export const embedderFields = settingsSchema.shape

/**
 * Layers of settings, the later over the earlier, option by option. A layer that names another provider starts anew: the
 * model and the address of one are not those of another. `auto` is Ollama, where that is there.
 */
export function mergeEmbedders(layers: readonly (EmbedderInput | undefined)[]): EmbedderInput | undefined {
  const given = layers.filter((layer) => layer !== undefined)
  // What is of no form goes to the schema as it is, to be refused there.
  const odd = given.find((layer) => !isObject(asOptions(layer)) || isEmpty(layer as object))
  if (given.length === 0 || odd !== undefined) return odd
  return given.map((layer) => asOptions(layer) as EmbedderOptions).reduce(merge)
}

function merge(below: EmbedderOptions, above: EmbedderOptions): EmbedderOptions {
  const said = Object.fromEntries(Object.entries(above).filter(([, value]) => value !== undefined))
  const another = above.provider !== undefined && whose(above.provider) !== whose(below.provider)
  return another ? said : { ...below, ...said }
}

function whose(provider: EmbedderOptions['provider'] = 'auto'): string {
  return provider === 'auto' ? 'ollama' : provider
}

/** What an embedder of one's own says of itself; the rest of it is its own. */
const ownSchema = z.object({
  space: z.object({
    provider: z.enum(['ollama', 'openai', 'transformers', 'custom']),
    model,
    dimensions,
    prefixes: z.object({ document: prefix, query: prefix }),
  }),
  batchSize,
  embed: z.custom((embed) => typeof embed === 'function', 'is no function'),
})

const nothingSaid =
  "names no model: pass 'ollama', options such as { provider: 'ollama', model: 'nomic-embed-text:v1.5' }, or an embedder of your own with space, batchSize and embed"

function asCheckedOptions(input: unknown, context: z.RefinementCtx): unknown {
  if (isObject(input) && isEmpty(input)) context.addIssue({ code: 'custom', message: nothingSaid })
  const options = asOptions(input)
  if (!isObject(options) || options.embedder === undefined) return options
  for (const { path, message } of ownSchema.safeParse(options.embedder).error?.issues ?? [])
    context.addIssue({ code: 'custom', path, message })
  return options
}

/** An object of which nothing was left would be a model that nobody has chosen. */
function isEmpty(input: object): boolean {
  return Object.values(input).every((value) => value === undefined)
}

function asOptions(input: unknown): unknown {
  if (typeof input === 'string') return { provider: input }
  return isObject(input) && typeof input.embed === 'function' ? { provider: 'custom', embedder: input } : input
}

function isObject(input: unknown): input is Record<string, unknown> {
  return input !== null && typeof input === 'object' && !Array.isArray(input)
}

const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i

/** An address to ask, or a path. */
function isPlace(place: string): boolean {
  if (!hasScheme.test(place)) return place !== '' && !place.includes('\0')
  if (!URL.canParse(place)) return false
  const { protocol, username, password } = new URL(place)
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
}
