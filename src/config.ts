import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { embedderSchema, mergeEmbedders, wrongSettings } from './embeddings/embedder-schema.js'
import { CairnError } from './errors.js'
import { parse } from './parse.js'

export const configSchema = z.strictObject({
  db: z
    .string()
    .min(1)
    .refine((path) => !path.includes('\0'), 'has a NUL character, which no path can hold')
    .default('cairn.db')
    .describe('Path of the store, or :memory: for a private temporary one.'),
  durability: z
    .enum(['full', 'normal', 'off'])
    .default('full')
    .describe(
      'full: an acknowledged write survives power loss; normal: it survives a crash of the process; off: for throw-away stores.',
    ),
  busyTimeoutMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(10_000)
    .describe('How long a write waits for other processes, in milliseconds.'),
  auditReads: z
    .enum(['off', 'basic', 'full'])
    .default('off')
    .describe(
      'off: reads leave no trace; basic: a line for each; full: with what was asked, written before the answer.',
    ),
  metricsDays: z
    .number()
    .int()
    .min(0)
    .max(36_500)
    .default(30)
    .describe('How many days measurements are kept; 0 is for ever.'),
  threads: z
    .boolean()
    .default(true)
    .describe(
      'Whether writes and searches run in threads of their own. Off suits a program that does one thing and ends.',
    ),
  embedder: embedderSchema
    .default({ provider: 'none' })
    .describe('Which model turns texts into vectors; see docs/embeddings.md.'),
  limits: z
    .strictObject({
      valueBytes: z
        .number()
        .int()
        .min(1024)
        .max(100_000_000)
        .default(1_048_576)
        .describe('Largest JSON value, in bytes of UTF-8.'),
      checkpointBytes: z
        .number()
        .int()
        .min(1024)
        .max(100_000_000)
        .default(16_777_216)
        .describe('Largest state of a checkpoint, in bytes of UTF-8.'),
      documentBytes: z
        .number()
        .int()
        .min(1024)
        .max(100_000_000)
        .default(10_485_760)
        .describe('Largest markdown file that is indexed, in bytes.'),
      storeBytes: z
        .number()
        .int()
        .min(0)
        .default(0)
        .describe('Largest size of the store file in bytes; 0 is no limit.'),
    })
    .prefault({})
    .describe('Limits of size.'),
})

/** All settings, with their defaults filled in. */
export type Config = z.output<typeof configSchema>

/**
 * Settings as they are given; all may be left out. `db` is the path (cairn.db); `durability` full, normal or off (full);
 * `busyTimeoutMs` how long a write waits for other processes (10,000); `auditReads` off, basic or full (off);
 * `metricsDays` how long measurements are kept (30; 0 is for ever); `threads` whether writes and searches run in threads of
 * their own (true); `embedder` auto, none, ollama, openai, transformers, one of these as `provider` with options beside it,
 * or an embedder of your own (none); `limits.valueBytes` (1 MiB), `limits.checkpointBytes` (16 MiB),
 * `limits.documentBytes` (10 MiB) and `limits.storeBytes` (0: none).
 */
export type ConfigInput = z.input<typeof configSchema>

export const configFileName = 'cairn.config.json'

/** Environment variables and the setting each stands for. */
export const environmentNames: Record<string, (value: string) => ConfigInput> = {
  CAIRN_DB: (db) => ({ db }),
  CAIRN_DURABILITY: (durability) => ({ durability: durability as Config['durability'] }),
  CAIRN_BUSY_TIMEOUT_MS: (value) => ({ busyTimeoutMs: numberIn(value) }),
  CAIRN_AUDIT_READS: (auditReads) => ({ auditReads: auditReads as Config['auditReads'] }),
  CAIRN_EMBEDDER: (provider) => ({ embedder: { provider: provider as Config['embedder']['provider'] } }),
  CAIRN_EMBEDDER_MODEL: (model) => ({ embedder: { model } }),
  CAIRN_EMBEDDER_URL: (url) => ({ embedder: { url } }),
  CAIRN_EMBEDDER_DIMENSIONS: (value) => ({ embedder: { dimensions: numberIn(value) } }),
  CAIRN_EMBEDDER_API_KEY_ENV: (apiKeyEnv) => ({ embedder: { apiKeyEnv } }),
}

/** What is no number goes to the schema as it is, to be refused there. */
function numberIn(value: string): number {
  return /^\d+$/.test(value) ? Number(value) : (value as unknown as number)
}

/** Settings by precedence: defaults < file < environment < what the caller says. `config_invalid` names what is wrong and where. */
export function resolveConfig(
  given: ConfigInput = {},
  sources: { file?: ConfigInput; environment?: ConfigInput } = {},
): Config {
  const { file = {}, environment = {} } = sources
  const config = checked(merged([file, environment, given]), 'The configuration')
  const wrong = wrongSettings(config.embedder)
  if (wrong === undefined) return config
  throw new CairnError('config_invalid', wrong.message, { hint: wrong.hint })
}

/** Settings one by one, the later over the earlier; limits and the options of the embedder likewise. */
function merged(given: ConfigInput[]): ConfigInput {
  const layers = given.map(defined)
  const limits = layers.map((layer) => layer.limits).filter((limit) => limit !== undefined)
  // What is not an object goes to the schema as it is, to be refused there; spreading would make nothing of it.
  const odd = limits.find((limit) => limit === null || typeof limit !== 'object' || Array.isArray(limit))
  const embedder = mergeEmbedders(layers.map((layer) => layer.embedder))
  return Object.assign(
    {},
    ...layers,
    limits.length > 0 && { limits: odd === undefined ? Object.assign({}, ...limits) : odd },
    embedder !== undefined && { embedder },
  )
}

/** Without the settings that are undefined: a flag that was not given must not undo what a file says. */
function defined(layer: ConfigInput): ConfigInput {
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined))
}

function checked(input: unknown, what: string): Config {
  try {
    return parse(configSchema, input, what, 'See docs/cli.md for the settings there are.')
  } catch (error) {
    if (!(error instanceof CairnError)) throw error
    throw new CairnError('config_invalid', error.message, { hint: error.hint })
  }
}

/** The settings in the nearest cairn.config.json from `start` upwards, with paths made absolute; empty when there is none. */
export function readConfigFile(start: string): ConfigInput {
  const path = findUpwards(resolve(start))
  if (path === undefined) return {}
  const input = parseFile(path)
  checked(input, path)
  const { db, embedder, ...config } = input as ConfigInput
  const folder = dirname(path)
  return {
    ...config,
    ...(db !== undefined && { db: db === ':memory:' ? db : resolve(folder, db) }),
    ...(embedder !== undefined && { embedder: withFolder(embedder, folder) }),
  }
}

/** With the folder of models, if that is what its url is, made absolute. */
function withFolder(embedder: ConfigInput['embedder'], folder: string): ConfigInput['embedder'] {
  if (typeof embedder !== 'object' || !('url' in embedder) || embedder.url === undefined) return embedder
  return embedder.provider === 'transformers' ? { ...embedder, url: resolve(folder, embedder.url) } : embedder
}

export function readEnvironment(variables: Record<string, string | undefined>): ConfigInput {
  const found = Object.entries(environmentNames).map(([name, toConfig]) => {
    const value = variables[name]
    if (value === undefined || value === '') return {}
    const config = toConfig(value)
    checked(config, name)
    return config
  })
  return merged(found)
}

function findUpwards(folder: string): string | undefined {
  const path = join(folder, configFileName)
  if (existsSync(path)) return path
  const above = dirname(folder)
  return above === folder ? undefined : findUpwards(above)
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CairnError('config_invalid', `${path} cannot be read as JSON.`, {
      hint: error instanceof Error ? error.message : undefined,
      cause: error,
    })
  }
}
