import type { Prefixes } from './embedder.js'
import type { Shortening } from './unit-vector.js'

/** What a model's documentation says of it. */
export interface ModelFacts {
  /** Of its whole vectors; undefined where the name does not tell. */
  dimensions?: number
  prefixes: Prefixes
  /** Tokens that it reads; the rest is cut off. */
  maxTokens: number
  /** Whether the first dimensions are a vector of their own; undefined where the documentation does not say so. */
  shortening?: Shortening
  /** Whether a server of its maker shortens by itself, when told the dimensions. */
  shortensItself?: boolean
  /** How the vectors of the tokens become one, for models that can run in this process. */
  pooling?: Pooling
}

export type Pooling = 'mean' | 'cls' | 'last_token'

/** A model that nothing is known about: its server cuts what is too long, or says so. */
export const unknownModel: ModelFacts = { prefixes: { document: '', query: '' }, maxTokens: 8192, pooling: 'mean' }

const plain = { document: '', query: '' }
const searching = { document: '', query: 'Represent this sentence for searching relevant passages: ' }
const nomic = { document: 'search_document: ', query: 'search_query: ' }
const e5 = { document: 'passage: ', query: 'query: ' }
const arctic2 = { document: '', query: 'query: ' }
const qwen = {
  document: '',
  query: 'Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:',
}
const gemma = { document: 'title: none | text: ', query: 'task: search result | query: ' }

/** By the sizes that names of models hold. The first that fits is taken. */
const known: [RegExp, ModelFacts][] = [
  // Its card says 8,192, by stretching positions; Ollama's file and the training say 2,048 (ollama/ollama#11214).
  [
    /nomic-embed-text($|:(latest|v1\.5|137m-v1\.5)|-v1\.5(?!\d))/,
    { dimensions: 768, prefixes: nomic, maxTokens: 2048, shortening: 'centred', pooling: 'mean' },
  ],
  [/nomic-embed-text-v1($|[^.\d])/, { dimensions: 768, prefixes: nomic, maxTokens: 2048, pooling: 'mean' }],
  [/(all-minilm-l(6|12)|all-minilm($|:))/, { dimensions: 384, prefixes: plain, maxTokens: 256, pooling: 'mean' }],
  [/mxbai-embed-large/, { dimensions: 1024, prefixes: searching, maxTokens: 512, shortening: 'plain', pooling: 'cls' }],
  [
    /snowflake-arctic-embed-l-v2|snowflake-arctic-embed2($|:(latest|568m))/,
    { dimensions: 1024, prefixes: arctic2, maxTokens: 8192, shortening: 'plain', pooling: 'cls' },
  ],
  [
    /snowflake-arctic-embed-m-v2/,
    { dimensions: 768, prefixes: arctic2, maxTokens: 8192, shortening: 'plain', pooling: 'cls' },
  ],
  [/snowflake-arctic-embed(-m-long|:137m)/, { dimensions: 768, prefixes: searching, maxTokens: 2048, pooling: 'cls' }],
  [
    /snowflake-arctic-embed(-xs|-s|:22m|:33m)/,
    { dimensions: 384, prefixes: searching, maxTokens: 512, pooling: 'cls' },
  ],
  [/snowflake-arctic-embed(-m|:110m)/, { dimensions: 768, prefixes: searching, maxTokens: 512, pooling: 'cls' }],
  [
    /snowflake-arctic-embed(-l|:335m|:latest|$)/,
    { dimensions: 1024, prefixes: searching, maxTokens: 512, pooling: 'cls' },
  ],
  [/bge-m3/, { dimensions: 1024, prefixes: plain, maxTokens: 8192, pooling: 'cls' }],
  [/bge-small-en/, { dimensions: 384, prefixes: searching, maxTokens: 512, pooling: 'cls' }],
  [/bge-base-en/, { dimensions: 768, prefixes: searching, maxTokens: 512, pooling: 'cls' }],
  [/bge-large(-en|:|$)/, { dimensions: 1024, prefixes: searching, maxTokens: 512, pooling: 'cls' }],
  [/(^|[/-])e5-small/, { dimensions: 384, prefixes: e5, maxTokens: 512, pooling: 'mean' }],
  [/(^|[/-])e5-base/, { dimensions: 768, prefixes: e5, maxTokens: 512, pooling: 'mean' }],
  // The instructed one is asked in another way.
  [/(^|[/-])e5-large(?!-instruct)/, { dimensions: 1024, prefixes: e5, maxTokens: 512, pooling: 'mean' }],
  [/embeddinggemma/, { dimensions: 768, prefixes: gemma, maxTokens: 2048, shortening: 'plain' }],
  [
    /qwen3-embedding[-:]0\.6b/,
    { dimensions: 1024, prefixes: qwen, maxTokens: 8192, shortening: 'plain', pooling: 'last_token' },
  ],
  [
    /qwen3-embedding[-:]4b/,
    { dimensions: 2560, prefixes: qwen, maxTokens: 8192, shortening: 'plain', pooling: 'last_token' },
  ],
  [
    /qwen3-embedding[-:]8b/,
    { dimensions: 4096, prefixes: qwen, maxTokens: 8192, shortening: 'plain', pooling: 'last_token' },
  ],
  [/qwen3-embedding/, { prefixes: qwen, maxTokens: 8192, shortening: 'plain', pooling: 'last_token' }],
  [
    /text-embedding-3-small/,
    { dimensions: 1536, prefixes: plain, maxTokens: 8191, shortening: 'plain', shortensItself: true },
  ],
  [
    /text-embedding-3-large/,
    { dimensions: 3072, prefixes: plain, maxTokens: 8191, shortening: 'plain', shortensItself: true },
  ],
  [/text-embedding-ada-002/, { dimensions: 1536, prefixes: plain, maxTokens: 8191 }],
]

/** By name, whoever serves it: `nomic-embed-text:v1.5`, `nomic-ai/nomic-embed-text-v1.5` and so on are one model. */
export function factsOf(model: string): ModelFacts {
  const name = model.toLowerCase()
  return known.find(([pattern]) => pattern.test(name))?.[1] ?? unknownModel
}

/** Of each provider, the model that is meant where none is named. */
export const defaultModels = {
  ollama: 'nomic-embed-text:v1.5',
  openai: 'text-embedding-3-small',
  transformers: 'nomic-ai/nomic-embed-text-v1.5',
} as const

/** Why a model cannot make vectors of this length; undefined where it can, or nothing is known. */
export function whyNotOfLength(model: string, dimensions: number): string | undefined {
  const { dimensions: most, shortening } = factsOf(model)
  if (most === undefined || dimensions === most || (dimensions < most && shortening !== undefined)) return undefined
  const how = shortening === undefined ? 'and they are of no use shortened' : 'or fewer'
  return `embedder.dimensions is ${dimensions}, but ${model} makes ${most}, ${how}.`
}
