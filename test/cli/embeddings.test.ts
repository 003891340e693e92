import { writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { run } from '../../src/cli/run.js'
import { openSqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js'
import { type EmbeddingServer, embeddingServer } from '../helpers/embedding-server.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()
const models = ['nomic-embed-text:v1.5', 'pebble', 'shell']

/** A store with two memories, and a stand-in for Ollama. */
async function started(): Promise<{ cli: Cli; server: EmbeddingServer }> {
  const cli = newCli()
  const server = await embeddingServer({ models })
  writeFileSync(cli.path('cairn.config.json'), JSON.stringify({ embedder: { url: server.url } }))
  await cli.json('init')
  for (const key of ['tea', 'mugs']) await cli.json(`memory add user:alice ${key} --text ${key}`)
  return { cli, server }
}

async function withVectors(...others: string[]): Promise<{ cli: Cli; server: EmbeddingServer }> {
  const all = await started()
  for (const model of ['pebble', ...others])
    expect((await all.cli(`embeddings migrate --to ollama/${model}`)).code).toBe(0)
  return all
}

/** Opens a space and leaves it as a process does that is killed before it fills it. */
async function beginToFill(cli: Cli, model: string): Promise<void> {
  const storage = await openStorage(cli)
  const space = { name: `ollama/${model}/768`, provider: 'ollama', model, dimensions: 768 }
  const author = { actor: 'root', principal: '{"root":true}', agent: null, now: Date.now() }
  await storage.embeddings.open({ ...space, documentPrefix: '', queryPrefix: '', author })
  await storage.close()
}

const openStorage = (cli: Cli) =>
  openSqliteStorage({
    ...{
      path: cli.path('cairn.db'),
      create: false,
      durability: 'off',
      busyTimeoutMs: 5_000,
      maxPages: 0,
      threads: false,
    },
    durability: 'off',
  })

const spaces = async (cli: Cli) => {
  const status = await cli.json<{ spaces: { name: string; state: string; waiting: number }[] }>('embeddings status')
  return status.spaces.map(({ name, state, waiting }) => [name, state, waiting])
}

describe('embeddings setup', () => {
  it('says what is missing once, and what gets it', async () => {
    const { cli, server } = await started()
    server.models.clear()
    const { code, stdout, stderr } = await cli('embeddings setup')
    expect(code).toBe(69)
    expect(stdout).toBe(`✓ Ollama 0.9.3 answers at ${server.url}.\n`)
    expect(stderr).toBe(
      `error: Ollama at ${server.url} does not have the model nomic-embed-text:v1.5.\nhint: Get it with: ollama pull nomic-embed-text:v1.5\n`,
    )
  })

  it('looks for the model that the vectors of the store are of', async () => {
    const { cli, server } = await withVectors()
    server.models.delete('nomic-embed-text:v1.5')
    const { code, stdout } = await cli('embeddings setup', { columns: 60 })
    expect(code).toBe(0)
    expect(stdout).toContain('It has the model pebble.')
    expect(stdout).toContain('The vectors of this store are in ollama/pebble/768 (active).')
    expect(await spaces(cli)).toHaveLength(1)
  })

  it('begins no migration to the model of the settings, says so, and names the command that does', async () => {
    const { cli, server } = await withVectors()
    const embedder = { provider: 'ollama', url: server.url, model: 'shell', dimensions: 768 }
    writeFileSync(cli.path('cairn.config.json'), JSON.stringify({ embedder }))
    const { code, stdout } = await cli('embeddings setup', { columns: 300 })
    expect(code).toBe(0)
    expect(stdout).toContain('The vectors of this store are in ollama/pebble/768 (active). ')
    expect(stdout).toContain('Change over to it with: cairn embeddings migrate --to ollama/shell/768')
    expect(await cli.json('embeddings setup')).toMatchObject({ space: { name: 'ollama/pebble/768', state: 'active' } })
    expect(await spaces(cli)).toEqual([['ollama/pebble/768', 'active', 0]])
    const run = await cli('embeddings run')
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toContain('hint: Change over to it: cairn embeddings migrate --to ollama/shell/768.')
    await beginToFill(cli, 'shell')
    expect((await cli('embeddings setup', { columns: 300 })).stdout).toContain('ollama/shell/768 is to be filled')
  })

  it('says which settings do not count where it goes by the vectors that there are', async () => {
    const { cli, server } = await withVectors()
    const remark = 'would make others, and counts only with embedder, which names whose model it is'
    const setup = async (embedder: object): Promise<string> => {
      writeFileSync(cli.path('cairn.config.json'), JSON.stringify({ embedder: { url: server.url, ...embedder } }))
      return (await cli('embeddings setup', { columns: 300 })).stdout
    }
    const stdout = await setup({ provider: 'auto', dimensions: 100 })
    expect(stdout).toContain(`The vectors of the store are of ollama/pebble/768. embedder.dimensions ${remark}`)
    expect(await setup({ provider: 'auto', dimensions: 768, model: 'pebble' })).not.toContain('would make others')
  })
})

describe('embeddings migrate', () => {
  it('to a model that is missing leaves nothing in the way of another', async () => {
    const { cli } = await withVectors()
    const { code, stderr } = await cli('embeddings migrate --to ollama/missing/768')
    expect([code, stderr]).toEqual([69, expect.stringContaining('ollama pull missing')])
    expect((await cli('embeddings migrate --to ollama/shell')).stdout).toBe('2 vectors in ollama/shell/768 (active).\n')
    expect(await spaces(cli)).toEqual([
      ['ollama/shell/768', 'active', 0],
      ['ollama/pebble/768', 'kept', 0],
    ])
  })

  it('waits for the turn of a process that was killed, and says so', async () => {
    const { cli } = await withVectors()
    const storage = await openStorage(cli)
    const now = Date.now()
    await storage.leases.take({ name: 'embeddings:ollama/shell/768', holder: 'killed', now, until: now + 60_000 })
    const told: string[] = []
    let out = ''
    const code = await run(['embeddings', 'migrate', '--to', 'ollama/shell'], {
      stdout: { write: (text) => (out += text) },
      // As when its time is over.
      stderr: {
        write(text) {
          told.push(text)
          void storage.leases.release({ name: 'embeddings:ollama/shell/768', holder: 'killed' })
        },
      },
      env: {},
      cwd: cli.path('.'),
      isTTY: false,
    })
    await storage.close()
    expect([code, out]).toEqual([0, '2 vectors in ollama/shell/768 (active).\n'])
    expect(told).toEqual([expect.stringContaining('Waiting for another process that embeds')])
  })

  it('shows how much of the new space is done, and not of others', async () => {
    const { cli, server } = await withVectors()
    await cli.json('memory add user:alice cups --text cups')
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    server.misbehave = () => void vi.advanceTimersByTime(2_000)
    const { code, stderr } = await cli('embeddings migrate --to ollama/shell', { isTTY: true, columns: 80 })
    expect(code).toBe(0)
    expect(stderr).toContain('of 3 texts')
  })

  it('asks the server that the settings name, whether they name its kind or not', async () => {
    const { server } = await withVectors()
    expect(server.asked.at(-1)?.body.model).toBe('pebble')
  })
})

describe('embeddings run', () => {
  it('goes on by itself after the pauses that a server asks for', async () => {
    const { cli, server } = await started()
    for (let index = 0; index < 10; index++) await cli.json(`memory add user:alice k${index} --text k${index}`)
    const embedder = { provider: 'openai', url: server.url, model: 'pebble', dimensions: 768, batchSize: 1 }
    writeFileSync(cli.path('cairn.config.json'), JSON.stringify({ embedder }))
    await cli('embeddings setup')
    const before = server.asked.length
    server.misbehave = (_request, count) => (count - before <= 8 ? { status: 429 } : undefined)
    const { code, stdout } = await cli('embeddings run')
    expect([code, stdout]).toEqual([0, '12 vectors in openai/pebble/768 (active).\n'])
    const [space] = (await cli.json<{ spaces: object[] }>('embeddings status')).spaces
    expect(space).toMatchObject({ vectors: 12, waiting: 0, failed: 0, postponed: [] })
  })

  it('says how to go on with a space that it does not fill', async () => {
    const { cli } = await withVectors()
    await beginToFill(cli, 'shell')
    const { code, stdout, stderr } = await cli('embeddings run', { columns: 200 })
    expect([code, stdout]).toEqual([0, '2 vectors in ollama/pebble/768 (active).\n'])
    expect(stderr).toBe(
      'ollama/shell/768 is being filled, with 2 texts to go. Go on with: cairn embeddings migrate --to ollama/shell/768\n',
    )
    expect((await cli('embeddings migrate --to ollama/shell/768')).stdout).toContain('ollama/shell/768 (active)')
  })

  it('of a store without a space says how to get one', async () => {
    const { cli } = await started()
    const { code, stdout, stderr } = await cli('embeddings run')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('error: The store has no space for vectors yet')
    expect(stderr).toContain('cairn embeddings setup')
  })
})

describe('a search by meaning', () => {
  it('shows cosines, and shares of the best where the score is none', async () => {
    const { cli, server } = await withVectors()
    expect((await cli('search tea --mode semantic', { columns: 200 })).stdout).toMatch(/ cosine -?\d\.\d\d$/m)
    expect((await cli('search tea', { columns: 200 })).stdout).not.toContain('cosine')
    await cli('memory add user:alice cups --text cups')
    const waiting = await cli('search tea --mode semantic', { columns: 200 })
    expect(waiting.stderr).toContain('waits for its vector')
    expect(waiting.stdout).toContain(' cosine ')
    const past = await cli('search tea --mode semantic --known-at 2100-01-01T00:00:00Z', { columns: 200 })
    expect(past.stdout).not.toContain('cosine')
    await server.close()
    const { stdout, stderr } = await cli('search coffee --mode semantic', { columns: 200 })
    expect([stdout, stderr]).toEqual(['', expect.stringContaining('Incomplete: vector: ')])
  })
})

describe('embeddings status', () => {
  const idle = (name: string) => `No process is embedding what waits in ${name}. `

  it('says that nobody embeds what waits, and who would', async () => {
    const { cli } = await withVectors()
    expect((await cli('embeddings status')).stdout).not.toContain('No process')
    await cli('memory add user:alice cups --text cups')
    const { stdout } = await cli('embeddings status', { columns: 300 })
    expect(stdout).toContain(`${idle('ollama/pebble/768')}Embed it here and now with: cairn embeddings run.`)
    await beginToFill(cli, 'shell')
    expect((await cli('embeddings status', { columns: 300 })).stdout).toContain(
      `${idle('ollama/shell/768')}Go on with: cairn embeddings migrate --to ollama/shell/768`,
    )
    await cli('embeddings run')
    expect((await cli('embeddings status')).stdout).not.toContain('pebble/768. Embed')
  })

  it('says how much is done and how far vectors are trusted', async () => {
    const { cli } = await withVectors()
    await cli('memory add user:alice cups --text cups')
    const table = async () => (await cli('embeddings status', { columns: 300 })).stdout
    expect(await table()).toMatch(/active +2 +1 +66%$/m)
    expect(await cli.json('embeddings status')).toMatchObject({
      away: null,
      spaces: [{ done: expect.closeTo(2 / 3), found: null, trusted: null }],
    })
    const storage = await openStorage(cli)
    await storage.embeddings.noteTrial({ space: 'ollama/pebble/768', found: 0.02, vectors: 100 })
    await storage.close()
    expect(await table()).toMatch(/66% +2%$/m)
    expect(await table()).toContain('have no part in searches by words and meaning.')
    expect(await cli.json('embeddings status')).toMatchObject({ spaces: [{ found: 0.02, trusted: false }] })
  })

  it('says that the model is away, and what to do', async () => {
    const { cli, server } = await withVectors()
    server.models.delete('pebble')
    const embedder = { provider: 'ollama', url: server.url, model: 'pebble', dimensions: 768 }
    writeFileSync(cli.path('cairn.config.json'), JSON.stringify({ embedder }))
    const { code, stdout } = await cli('embeddings status', { columns: 300 })
    expect(code).toBe(0)
    expect(stdout).toContain('The model gives no vectors: ')
    expect(stdout).toContain('ollama pull pebble')
    expect(await cli.json('embeddings status')).toMatchObject({
      away: { reason: expect.stringContaining('pebble'), hint: expect.stringContaining('ollama pull pebble') },
    })
  })

  it('waits five seconds for a model that says nothing, and no longer', async () => {
    const { cli, server } = await withVectors()
    const embedder = { provider: 'ollama', url: server.url, model: 'pebble', dimensions: 768 }
    writeFileSync(cli.path('cairn.config.json'), JSON.stringify({ embedder }))
    server.misbehave = () => ({ instead: 'hang' })
    const { code, stdout } = await cli('embeddings status', { columns: 300 })
    expect(code).toBe(0)
    expect(stdout).toContain(
      'The model gives no vectors: pebble did not answer within 5 seconds. It may still be loading;',
    )
  })

  it('says nothing of it while a process is at it', async () => {
    const { cli } = await withVectors()
    await cli('memory add user:alice cups --text cups')
    const storage = await openStorage(cli)
    const now = Date.now()
    await storage.leases.take({ name: 'embeddings:ollama/pebble/768', holder: 'other', now, until: now + 60_000 })
    await storage.close()
    expect((await cli('embeddings status')).stdout).not.toContain('No process')
    expect(await cli.json('embeddings status')).toMatchObject({ underWay: true, spaces: [{ waiting: 1 }] })
  })
})

it.each([
  [{ CAIRN_EMBEDDER: 'none' }, 'Set CAIRN_EMBEDDER to auto or ollama.'],
  [{ CAIRN_EMBEDDER: 'olama' }, 'must be one of auto, none, ollama, openai, transformers.'],
  [{ CAIRN_EMBEDDER_DIMENSIONS: 'many' }, 'embedder.dimensions: expected number, received string.'],
  [{ CAIRN_EMBEDDER: 'openai', CAIRN_EMBEDDER_URL: 'http://127.0.0.1:9' }, 'embedder.model (CAIRN_EMBEDDER_MODEL)'],
])('embeddings setup with %j says what to set, in words of the shell', async (env, told) => {
  const cli = newCli()
  const { code, stderr } = await cli('embeddings setup', { env })
  expect(code).not.toBe(0)
  expect(stderr).toContain(told)
  expect(stderr).not.toContain('embeddings setup')
  expect(stderr).not.toMatch(/custom|NaN|\{/)
})

it('a migration beside another says how to go on with that one', async () => {
  const { cli } = await withVectors()
  await beginToFill(cli, 'shell')
  const { code, stderr } = await cli('embeddings migrate --to ollama/nomic-embed-text:v1.5')
  expect(code).toBe(4)
  expect(stderr).toContain('The space ollama/shell/768 is being filled.')
  expect(stderr).toContain('Go on with it until it is active: cairn embeddings migrate --to ollama/shell/768.')
})

describe('embeddings drop', () => {
  it('of the active space needs --yes, and says what that means', async () => {
    const { cli } = await withVectors('shell')
    const refused = await cli('embeddings drop ollama/shell/768')
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr).toContain('is the active space: without it, searches go by words alone.')
    expect(refused.stderr).toContain('cairn embeddings rollback ollama/pebble/768')
    expect((await cli('embeddings drop ollama/shell/768 --dry-run')).stdout).toContain('It is the active one')
    expect(await spaces(cli)).toHaveLength(2)
    const dropped = await cli('embeddings drop ollama/shell/768 --yes', { columns: 200 })
    expect(dropped.stdout).toBe(
      'Dropped ollama/shell/768 with 2 vectors. Searches go by words now; `cairn embeddings setup` says how to have vectors again.\n',
    )
    expect(await cli.json('search tea')).toMatchObject({ degraded: ['vector: the store has no vectors'] })
  })

  it('of one that there is not would drop nothing', async () => {
    const { cli } = await withVectors()
    const { code, stderr } = await cli('embeddings drop nope --dry-run')
    expect(code).toBe(1)
    expect(stderr).toContain('There is no embedding space nope.')
  })

  it('of a kept space needs nothing', async () => {
    const { cli } = await withVectors('shell')
    expect((await cli('embeddings drop ollama/pebble/768')).stdout).toBe('Dropped ollama/pebble/768 with 2 vectors.\n')
  })
})

describe('a text that could not be embedded', () => {
  it('is told by what it is', async () => {
    const { cli, server } = await started()
    server.misbehave = ({ body }) =>
      body.input?.some((text) => text.includes('mugs')) ? { status: 400, body: { error: 'no mugs' } } : undefined
    await cli('embeddings migrate --to ollama/pebble')
    const { stdout } = await cli('embeddings status', { columns: 200 })
    expect(stdout).toContain(
      `1 text not embedded. Try again with: cairn embeddings retry ollama/pebble/768\nthe memory mugs in user:alice, version 1\n`,
    )
    expect(stdout).toContain('The model takes other texts, but not this text.')
    expect(stdout).toContain('no mugs.\n')
  })

  it('since the server hangs up at it is tried again later, and those beside it have their vectors', async () => {
    const { cli, server } = await started()
    for (const key of ['a', 'b', 'c']) await cli.json(`memory add user:alice ${key} --text mugs-${key}`)
    await cli('embeddings setup')
    server.misbehave = ({ body }) =>
      body.input?.some((text) => text.includes('mugs')) ? { instead: 'reset' } : undefined
    const { code, stdout, stderr } = await cli('embeddings run', { columns: 200 })
    expect([code, stdout]).toEqual([69, '1 vector in ollama/nomic-embed-text:v1.5/768 (active).\n'])
    expect(stderr).toContain('4 texts could not be embedded in ollama/nomic-embed-text:v1.5/768 yet: ')
    expect(stderr).toContain('closed the connection before it had answered')
    expect((await cli.json<{ degraded: string[] }>('search tea')).degraded).toEqual([
      'vector: over a tenth of what may be found waits for its vector',
    ])
  })

  it('for the moment makes run fail, and stands in the status with its reason', async () => {
    const { cli, server } = await started()
    await cli('embeddings setup')
    server.misbehave = ({ body }) => (body.input?.some((text) => text.includes('mugs')) ? { status: 503 } : undefined)
    const { code, stdout, stderr } = await cli('embeddings run', { env: { CAIRN_EMBEDDER_DIMENSIONS: '768' } })
    expect([code, stdout]).toEqual([69, '1 vector in ollama/nomic-embed-text:v1.5/768 (active).\n'])
    expect(stderr).toContain('1 text could not be embedded in ollama/nomic-embed-text:v1.5/768 yet: ')
    expect((await cli('embeddings status', { columns: 200 })).stdout).toContain(
      '1 text failed, to be tried again:\nthe memory mugs in user:alice, version 1\n',
    )
    expect(await cli.json('embeddings status')).toMatchObject({
      spaces: [{ waiting: 1, failed: 0, postponed: [{ attempts: 2, error: expect.stringContaining('503') }] }],
    })
  })

  it('stands in a list, where the same reason is told once', async () => {
    const { cli, server } = await started()
    for (const key of ['a', 'b', 'c', 'd', 'e']) await cli.json(`memory add user:alice ${key} --text mugs-${key}`)
    server.misbehave = ({ body }) =>
      body.input?.some((text) => text.includes('mugs')) ? { status: 400, body: { error: 'no mugs' } } : undefined
    await cli('embeddings migrate --to ollama/pebble')
    const { stdout } = await cli('embeddings status', { columns: 200 })
    expect(stdout).toContain('6 texts not embedded.')
    const items = ['e', 'd', 'c', 'b', 'a'].map((key) => `the memory ${key} in user:alice, version 1\n`)
    expect(stdout).toContain(`${items.join('')}  The model takes other texts`)
    expect(stdout).toContain('and 1 more; --json has the newest hundred')
    const { spaces } = await cli.json<{ spaces: { failures: object[] }[] }>('embeddings status')
    expect(spaces[0]?.failures).toHaveLength(6)
  })
})

it('nothing that embeddings commands print is wider than the terminal', async () => {
  const { cli } = await withVectors('shell')
  await beginToFill(cli, 'nomic-embed-text:v1.5')
  const lines = [
    'embeddings run',
    'embeddings setup',
    'embeddings rollback ollama/pebble/768',
    'embeddings drop ollama/pebble/768 --dry-run',
    'embeddings drop ollama/pebble/768 --yes',
  ]
  for (const line of lines) {
    const { code, stdout, stderr } = await cli(line, { columns: 60 })
    expect([line, code]).toEqual([line, 0])
    for (const part of `${stdout}${stderr}`.split('\n')) expect(part.length, part).toBeLessThanOrEqual(60)
  }
})
