import { describe, expect, it } from 'vitest'
import { factsOf, unknownModel } from '../../src/embeddings/model-facts.js'

const searching = 'Represent this sentence for searching relevant passages: '

describe('what is known of a model', () => {
  it.each([
    ['nomic-embed-text', 768, 2048, 'search_query: ', 'search_document: '],
    ['nomic-embed-text:v1.5', 768, 2048, 'search_query: ', 'search_document: '],
    ['nomic-embed-text:latest', 768, 2048, 'search_query: ', 'search_document: '],
    ['nomic-embed-text:137m-v1.5-fp16', 768, 2048, 'search_query: ', 'search_document: '],
    ['nomic-ai/nomic-embed-text-v1.5', 768, 2048, 'search_query: ', 'search_document: '],
    ['text-embedding-nomic-embed-text-v1.5@q8_0', 768, 2048, 'search_query: ', 'search_document: '],
    ['nomic-ai/nomic-embed-text-v1', 768, 2048, 'search_query: ', 'search_document: '],
    ['all-minilm', 384, 256, '', ''],
    ['all-minilm:22m', 384, 256, '', ''],
    ['Xenova/all-MiniLM-L6-v2', 384, 256, '', ''],
    ['mxbai-embed-large', 1024, 512, searching, ''],
    ['mixedbread-ai/mxbai-embed-large-v1', 1024, 512, searching, ''],
    ['snowflake-arctic-embed', 1024, 512, searching, ''],
    ['snowflake-arctic-embed:22m', 384, 512, searching, ''],
    ['snowflake-arctic-embed:110m', 768, 512, searching, ''],
    ['snowflake-arctic-embed:137m', 768, 2048, searching, ''],
    ['Snowflake/snowflake-arctic-embed-m-long', 768, 2048, searching, ''],
    ['Snowflake/snowflake-arctic-embed-m-v1.5', 768, 512, searching, ''],
    ['Snowflake/snowflake-arctic-embed-m-v2.0', 768, 8192, 'query: ', ''],
    ['Snowflake/snowflake-arctic-embed-l-v2.0', 1024, 8192, 'query: ', ''],
    ['snowflake-arctic-embed2', 1024, 8192, 'query: ', ''],
    ['bge-m3', 1024, 8192, '', ''],
    ['BAAI/bge-small-en-v1.5', 384, 512, searching, ''],
    ['BAAI/bge-base-en-v1.5', 768, 512, searching, ''],
    ['bge-large', 1024, 512, searching, ''],
    ['intfloat/e5-small-v2', 384, 512, 'query: ', 'passage: '],
    ['intfloat/multilingual-e5-base', 768, 512, 'query: ', 'passage: '],
    ['intfloat/multilingual-e5-large', 1024, 512, 'query: ', 'passage: '],
    ['embeddinggemma', 768, 2048, 'task: search result | query: ', 'title: none | text: '],
    ['qwen3-embedding:4b', 2560, 8192, expect.stringMatching(/^Instruct: .*\nQuery:$/), ''],
    ['text-embedding-3-small', 1536, 8191, '', ''],
    ['text-embedding-3-large', 3072, 8191, '', ''],
  ])('%s: %i dimensions, %i tokens', (model, dimensions, maxTokens, query, document) => {
    expect(factsOf(model)).toMatchObject({ dimensions, maxTokens, prefixes: { query, document } })
  })

  it('is that it may be shortened, where its documentation says so', () => {
    expect(factsOf('nomic-embed-text').shortening).toBe('centred')
    expect(factsOf('nomic-ai/nomic-embed-text-v1').shortening).toBeUndefined()
    expect(factsOf('mxbai-embed-large').shortening).toBe('plain')
    expect(factsOf('all-minilm').shortening).toBeUndefined()
  })

  it('is its length only where the name says which of its sizes it is', () => {
    expect(factsOf('qwen3-embedding')).not.toHaveProperty('dimensions')
    expect(factsOf('qwen3-embedding').prefixes.query).toMatch('Instruct')
  })

  it.each([
    'my-own-model',
    'nomic-embed-text-v2-moe',
    'intfloat/multilingual-e5-large-instruct',
    'bge-small-zh-v1.5',
    'nomic-embed-text-v1.55',
    'large',
  ])('is nothing for %s', (model) => {
    expect(factsOf(model)).toBe(unknownModel)
  })
})
