import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type ConfigInput,
  configFileName,
  configSchema,
  environmentNames,
  readConfigFile,
  readEnvironment,
  resolveConfig,
} from '../src/config.js'
import { embedderFields } from '../src/embeddings/embedder-schema.js'
import { fakeEmbedder } from './helpers/fake-embedder.js'
import { thrown } from './helpers/refusal.js'
import { makeFolder } from './store.js'

const defaults = {
  db: 'cairn.db',
  durability: 'full',
  busyTimeoutMs: 10_000,
  auditReads: 'off',
  metricsDays: 30,
  threads: true,
  embedder: { provider: 'none' },
  limits: { valueBytes: 1_048_576, checkpointBytes: 16_777_216, documentBytes: 10_485_760, storeBytes: 0 },
}

function folderWith(file: string, ...below: string[]): string {
  const folder = makeFolder()
  writeFileSync(join(folder, configFileName), file)
  const inner = join(folder, ...below)
  mkdirSync(inner, { recursive: true })
  return inner
}

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(resolveConfig()).toEqual(defaults)
    expect(resolveConfig({})).toEqual(defaults)
  })

  it('takes the file over the defaults, the environment over the file, and what is said over all', () => {
    const file: ConfigInput = { db: 'file.db', durability: 'normal', auditReads: 'basic', busyTimeoutMs: 1 }
    const environment: ConfigInput = { db: 'environment.db', durability: 'off', auditReads: 'full' }
    const given: ConfigInput = { db: 'given.db', durability: 'full' }
    expect(resolveConfig(given, { file, environment })).toMatchObject({
      db: 'given.db',
      durability: 'full',
      auditReads: 'full',
      busyTimeoutMs: 1,
    })
    expect(resolveConfig({}, { file, environment }).db).toBe('environment.db')
    expect(resolveConfig({}, { file }).db).toBe('file.db')
  })

  it('merges limits one by one', () => {
    const file: ConfigInput = { limits: { valueBytes: 2048, storeBytes: 1 } }
    expect(resolveConfig({ limits: { storeBytes: 2 } }, { file }).limits).toEqual({
      ...defaults.limits,
      valueBytes: 2048,
      storeBytes: 2,
    })
    expect(resolveConfig({ limits: {} }).limits).toEqual(defaults.limits)
  })

  it('takes an embedder by name, with options, or of one of the caller', () => {
    const own = fakeEmbedder()
    expect(resolveConfig({ embedder: 'ollama' }).embedder).toEqual({ provider: 'ollama' })
    expect(resolveConfig({ embedder: { model: 'bge-m3' } }).embedder).toEqual({ provider: 'auto', model: 'bge-m3' })
    expect(resolveConfig({ embedder: { provider: 'openai', prefixes: { query: 'q: ' } } }).embedder).toEqual({
      provider: 'openai',
      prefixes: { document: '', query: 'q: ' },
    })
    expect(resolveConfig({ embedder: own }).embedder).toEqual({ provider: 'custom', embedder: own })
    expect(resolveConfig({ embedder: own }, { file: { embedder: 'ollama' } }).embedder.embedder).toBe(own)
  })

  it('merges options of the embedder one by one, but not those of another provider', () => {
    const file: ConfigInput = { embedder: { provider: 'ollama', model: 'bge-m3', batchSize: 4 } }
    const merged = (...layers: ConfigInput['embedder'][]): unknown =>
      resolveConfig({ embedder: layers[1] }, { file, environment: { embedder: layers[0] } } as never).embedder
    expect(merged()).toEqual(file.embedder)
    expect(merged({ model: 'all-minilm' }, { batchSize: 9, model: undefined } as never)).toEqual({
      provider: 'ollama',
      model: 'all-minilm',
      batchSize: 9,
    })
    expect(merged('ollama')).toEqual(file.embedder)
    expect(merged('openai', { model: 'm' })).toEqual({ provider: 'openai', model: 'm' })
    expect(merged('none', undefined)).toEqual({ provider: 'none' })
  })

  it('is not undone by a setting that is given as undefined', () => {
    const given = { db: undefined, limits: undefined } as ConfigInput
    expect(resolveConfig(given, { file: { db: 'file.db', limits: { storeBytes: 5 } } })).toMatchObject({
      db: 'file.db',
      limits: { storeBytes: 5 },
    })
  })

  it.each([
    [{ dbb: 'x' }, 'Did you mean db?'],
    [{ auditRead: 'off' }, 'Did you mean auditReads?'],
    [{ Threads: true }, 'Did you mean threads?'],
    [{ limits: { valueByte: 2048 } }, 'Did you mean valueBytes?'],
    [{ embedder: { modell: 'x' } }, 'Did you mean model?'],
    [
      { zebra: 1 },
      'Known fields are db, durability, busyTimeoutMs, auditReads, metricsDays, threads, embedder, limits.',
    ],
  ])('refuses %j: %s', (given, hint) => {
    expect(thrown(() => resolveConfig(given as ConfigInput), 'config_invalid').hint).toBe(hint)
  })

  it.each([
    [{ db: '' }, 'db'],
    [{ db: 'a\0b' }, 'db'],
    [{ db: 7 }, 'db'],
    [{ durability: 'maximal' }, 'durability'],
    [{ busyTimeoutMs: -1 }, 'busyTimeoutMs'],
    [{ busyTimeoutMs: 1.5 }, 'busyTimeoutMs'],
    [{ auditReads: true }, 'auditReads'],
    [{ threads: 'yes' }, 'threads'],
    [{ limits: { valueBytes: 10 } }, 'limits.valueBytes'],
    [{ limits: 'none' }, 'limits'],
    [{ limits: [1] }, 'limits'],
    [{ limits: null }, 'limits'],
    [{ embedder: 'olama' }, 'embedder.provider'],
    [{ embedder: null }, 'embedder'],
    [{ embedder: 7 }, 'embedder'],
    [{ embedder: [] }, 'embedder'],
    [{ embedder: 'custom' }, 'embedder'],
    [{ embedder: { provider: 'custom' } }, 'embedder'],
    [{ embedder: { embed: () => [] } }, 'embedder'],
    [{ embedder: { model: '' } }, 'embedder.model'],
    [{ embedder: { model: 'm'.repeat(401) } }, 'embedder.model'],
    [{ embedder: { url: 'ftp://box' } }, 'embedder.url'],
    [{ embedder: { url: 'http://me:secret@box' } }, 'embedder.url'],
    [{ embedder: { url: 'http://' } }, 'embedder.url'],
    [{ embedder: { dimensions: 0 } }, 'embedder.dimensions'],
    [{ embedder: { batchSize: 1.5 } }, 'embedder.batchSize'],
    [{ embedder: { apiKeyEnv: 'sk-a-key' } }, 'embedder.apiKeyEnv'],
    [{ embedder: { prefixes: { query: 7 } } }, 'embedder.prefixes.query'],
  ])('refuses %j and names the setting', (given, setting) => {
    const error = thrown(() => resolveConfig(given as never), 'config_invalid')
    expect(error.message).toMatch(new RegExp(`^The configuration: ${setting}`))
    expect(error.hint).toBe('See docs/cli.md for the settings there are.')
  })

  it('refuses an embedder that says nothing, with what to pass', () => {
    for (const embedder of [{}, { provider: undefined }] as ConfigInput['embedder'][])
      for (const file of [undefined, 'ollama'] as const) {
        const resolve = () => resolveConfig({ embedder }, { file: file ? { embedder: file } : {} })
        expect(thrown(resolve, 'config_invalid').message).toMatch(
          /^The configuration: embedder: names no model: pass 'ollama', options such as .*, or an embedder of your own with/,
        )
      }
  })

  it.each<[{ space?: object; batchSize?: number }, string]>([
    [{ space: { model: '' } }, 'embedder.space.model'],
    [{ space: { model: 'm'.repeat(600) } }, 'embedder.space.model'],
    [{ space: { dimensions: 0 } }, 'embedder.space.dimensions'],
    [{ space: { dimensions: 1e6 } }, 'embedder.space.dimensions'],
    [{ space: { dimensions: '8' } }, 'embedder.space.dimensions'],
    [{ space: { provider: 'mine' } }, 'embedder.space.provider'],
    [{ space: { prefixes: undefined } }, 'embedder.space.prefixes: is missing'],
    [{ batchSize: 0 }, 'embedder.batchSize'],
  ])('refuses an embedder of the caller with %j', (wrong, setting) => {
    const own = fakeEmbedder()
    const embedder = { ...own, ...wrong, space: { ...own.space, ...wrong.space } }
    expect(thrown(() => resolveConfig({ embedder } as never), 'config_invalid').message).toMatch(
      new RegExp(`^The configuration: ${setting}`),
    )
  })

  it.each([
    [{ provider: 'ollama', url: '127.0.0.1:11434' }, 'embedder.url is not the address of a server: 127.0.0.1:11434.'],
    [{ url: 'box' }, 'embedder.url is not the address of a server: box.'],
    [{ provider: 'openai', url: 'http://box/v1' }, 'embedder.model is missing'],
  ] as const)('refuses settings of an embedder that can never work: %j', (embedder, says) => {
    expect(thrown(() => resolveConfig({ embedder }), 'config_invalid').message).toContain(says)
    const layers = { file: { embedder }, environment: { embedder: { model: 'm', url: 'http://box/v1' } } }
    expect(() => resolveConfig({}, layers)).not.toThrow()
    expect(() => resolveConfig({ embedder: { provider: 'transformers', url: 'models' } })).not.toThrow()
  })

  it('refuses a length that the model is known not to make', () => {
    const wrong = [
      [{ provider: 'ollama', dimensions: 5_000 }, 'nomic-embed-text:v1.5 makes 768, or fewer.'],
      [{ dimensions: 5_000 }, 'nomic-embed-text:v1.5 makes 768, or fewer.'],
      [{ model: 'all-minilm', dimensions: 128 }, 'all-minilm makes 384, and they are of no use shortened.'],
    ] as const
    for (const [embedder, says] of wrong)
      expect(thrown(() => resolveConfig({ embedder }), 'config_invalid').message).toContain(says)
    const environment = { embedder: { dimensions: 1024 } }
    const { embedder } = resolveConfig({}, { file: { embedder: { model: 'mxbai-embed-large' } }, environment })
    expect(embedder.dimensions).toBe(1024)
  })

  it('describes every setting', () => {
    for (const [name, setting] of Object.entries({
      ...configSchema.shape,
      ...configSchema.shape.limits.unwrap().shape,
      ...embedderFields,
    }))
      expect(setting.description, name).toMatch(/\.$/)
  })
})

describe('the environment', () => {
  it('has a variable for what one sets there', () => {
    const variables = {
      CAIRN_DB: '/data/cairn.db',
      CAIRN_DURABILITY: 'normal',
      CAIRN_BUSY_TIMEOUT_MS: '250',
      CAIRN_AUDIT_READS: 'basic',
      CAIRN_EMBEDDER: 'openai',
      CAIRN_EMBEDDER_MODEL: 'own',
      CAIRN_EMBEDDER_URL: 'http://box:8080',
      CAIRN_EMBEDDER_DIMENSIONS: '512',
      CAIRN_EMBEDDER_API_KEY_ENV: 'BOX_KEY',
      HOME: '/root',
    }
    expect(Object.keys(environmentNames).sort()).toEqual(
      Object.keys(variables)
        .filter((name) => name !== 'HOME')
        .sort(),
    )
    expect(readEnvironment(variables)).toEqual({
      db: '/data/cairn.db',
      durability: 'normal',
      busyTimeoutMs: 250,
      auditReads: 'basic',
      embedder: { provider: 'openai', model: 'own', url: 'http://box:8080', dimensions: 512, apiKeyEnv: 'BOX_KEY' },
    })
  })

  it('counts an empty variable as none', () => {
    expect(readEnvironment({ CAIRN_DB: '', CAIRN_DURABILITY: undefined })).toEqual({})
  })

  it.each([
    ['CAIRN_DURABILITY', 'maximal'],
    ['CAIRN_BUSY_TIMEOUT_MS', 'soon'],
    ['CAIRN_AUDIT_READS', 'yes'],
    ['CAIRN_EMBEDDER', 'olama'],
    ['CAIRN_EMBEDDER_DIMENSIONS', 'many'],
    ['CAIRN_EMBEDDER_API_KEY_ENV', 'sk-a-key'],
  ])('with %s=%s is refused by the name of the variable', (name, value) => {
    expect(thrown(() => readEnvironment({ [name]: value }), 'config_invalid').message).toContain(`${name}: `)
  })
})

describe('the configuration file', () => {
  it('is the nearest one from the folder upwards, and its store is beside it', () => {
    const inner = folderWith('{"db":"data/store.db","durability":"normal"}', 'a', 'b')
    const folder = join(inner, '..', '..')
    expect(readConfigFile(inner)).toEqual({ db: join(folder, 'data/store.db'), durability: 'normal' })
    expect(readConfigFile(folder)).toEqual(readConfigFile(inner))
    writeFileSync(join(inner, '..', configFileName), '{}')
    expect(readConfigFile(inner)).toEqual({})
  })

  it('leaves absolute paths and the private store as they are', () => {
    expect(readConfigFile(folderWith('{"db":"/data/cairn.db"}'))).toEqual({ db: '/data/cairn.db' })
    expect(readConfigFile(folderWith('{"db":":memory:"}'))).toEqual({ db: ':memory:' })
    expect(readConfigFile(folderWith('{"threads":false}'))).toEqual({ threads: false })
  })

  it('may name a folder of models beside it', () => {
    const inner = folderWith('{"embedder":{"provider":"transformers","url":"models"}}', 'a')
    expect(readConfigFile(inner)).toEqual({
      embedder: { provider: 'transformers', url: join(inner, '..', 'models') },
    })
    const served = '{"embedder":{"provider":"ollama","url":"http://box"}}'
    expect(readConfigFile(folderWith(served))).toEqual({ embedder: { provider: 'ollama', url: 'http://box' } })
    expect(readConfigFile(folderWith('{"embedder":"auto"}'))).toEqual({ embedder: 'auto' })
  })

  it('may be missing', () => {
    expect(readConfigFile(makeFolder())).toEqual({})
  })

  it.each(['', '{', '{"db": "x",}', 'null', '[]', '"x"', '{"dbb":"x"}', '{"limits":{"valueBytes":1}}'])(
    'that says %j is refused by its path',
    (text) => {
      const folder = folderWith(text)
      const error = thrown(() => readConfigFile(folder), 'config_invalid')
      expect(error.message).toContain(join(folder, configFileName))
      expect(error.hint).toBeDefined()
    },
  )
})

describe('a key that stands where its name should', () => {
  it('is not repeated', () => {
    const error = thrown(() => resolveConfig({ embedder: { apiKeyEnv: 'sk-a-key' } }), 'config_invalid')
    expect(JSON.stringify([error, error.message])).not.toContain('sk-a-key')
  })
})
