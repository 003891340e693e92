import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { run } from '../../src/cli/run.js'
import { embeddingServer } from '../helpers/embedding-server.js'
import { useCli } from './run-cli.js'

const newCli = useCli()

/** Runs a watch until it is told to stop; `line` waits for the next line of its answer. */
function startWatch(cwd: string, args: string[]) {
  const lines: string[] = []
  let wake = (): void => undefined
  let stop = (): void => undefined
  const stderr: string[] = []
  const ended = run(['docs', 'watch', ...args], {
    stdout: {
      write: (text: string) => {
        lines.push(text)
        wake()
      },
    },
    stderr: { write: (text: string) => stderr.push(text) },
    env: {},
    cwd,
    isTTY: false,
    untilStopped: () =>
      new Promise((resolve) => {
        stop = resolve
      }),
  })
  const line = async (): Promise<string> => {
    while (lines.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    return lines.shift() ?? ''
  }
  return { line, stderr, stop: () => stop(), ended }
}

it('cairn docs watch prints each sync that changes something, until it is stopped', async () => {
  const cairn = newCli()
  await cairn('init')
  mkdirSync(cairn.path('docs'))
  writeFileSync(cairn.path('docs/a.md'), 'alpha')
  const watch = startWatch(cairn.path(''), ['docs', '--json', '--debounce-ms', '50'])
  expect(JSON.parse(await watch.line())).toMatchObject({ at: expect.stringMatching(/Z$/), added: 1, skipped: [] })
  writeFileSync(cairn.path('docs/b.md'), 'beta')
  expect(JSON.parse(await watch.line())).toMatchObject({ added: 1, unchanged: 1 })
  watch.stop()
  expect(await watch.ended).toBe(0)
  expect(watch.stderr).toEqual([])
})

it('cairn docs watch says for people that it watches, or who else does', async () => {
  const cairn = newCli()
  await cairn('init')
  mkdirSync(cairn.path('docs'))
  const watch = startWatch(cairn.path(''), ['docs'])
  expect(await watch.line()).toMatch(/^\d{4}-\d\d-\d\d .*Z {2}no documents in \d/)
  const other = startWatch(cairn.path(''), ['docs'])
  watch.stop()
  expect(await watch.ended).toBe(0)
  expect(watch.stderr.join('')).toMatch(/^\d{4}-\d\d-\d\d [\d:]{8}Z {2}Watching docs\. Ctrl-C ends it\.\n$/)
  expect(await other.line()).toMatch(/no documents/)
  other.stop()
  expect(await other.ended).toBe(0)
  expect((await cairn('docs watch none')).code).toBe(1)
})

it('cairn docs watch says once that the folder is gone and once that it is back, each with the time', async () => {
  const cairn = newCli()
  await cairn('init')
  mkdirSync(cairn.path('docs'))
  writeFileSync(cairn.path('docs/a.md'), 'alpha')
  const watch = startWatch(cairn.path(''), ['docs', '--debounce-ms', '50'])
  const json = startWatch(cairn.path(''), ['docs', '--debounce-ms', '50', '--json', '--namespace', 'user:alice'])
  for (const each of [watch, json]) await each.line()
  renameSync(cairn.path('docs'), cairn.path('away'))
  const told = (each: typeof watch, text: string) => () => expect(each.stderr.join('')).toContain(text)
  await vi.waitFor(told(watch, 'Z  error: There is no folder'), { timeout: 10_000 })
  await vi.waitFor(told(json, '"message":"There is no folder'), { timeout: 10_000 })
  expect(JSON.parse(json.stderr[0] ?? '')).toMatchObject({
    at: expect.stringMatching(/Z$/),
    error: { code: 'not_found' },
  })
  renameSync(cairn.path('away'), cairn.path('docs'))
  expect(await watch.line()).toMatch(/Z {2}1 unchanged in/)
  expect(JSON.parse(await json.line())).toMatchObject({ unchanged: 1 })
  for (const each of [watch, json]) {
    each.stop()
    expect(await each.ended).toBe(0)
  }
  const lines = watch.stderr.map((line) => line.replaceAll(/\s+/g, ' ').replace(cairn.path('docs'), 'docs'))
  expect(lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d [\d:]{8}Z /, ''))).toEqual([
    'Watching docs. Ctrl-C ends it. ',
    expect.stringMatching(/^error: There is no folder docs\. hint: /),
    'The folder docs is back. ',
  ])
  expect(json.stderr).toHaveLength(1)
})

it('cairn docs watch names a file that cannot be read when it comes, and once', async () => {
  const cairn = newCli()
  await cairn('init')
  mkdirSync(cairn.path('docs'))
  writeFileSync(cairn.path('docs/a.md'), 'alpha')
  const watch = startWatch(cairn.path(''), ['docs', '--debounce-ms', '50'])
  expect(await watch.line()).toMatch(/Z {2}1 added in [\d.]+ s\n$/)
  const bytes = new Uint8Array([0, 1, 2])
  writeFileSync(cairn.path('docs/a.md'), bytes)
  expect(await watch.line()).toMatch(/Z {2}1 skipped in [\d.]+ s\n\n +path +why\nskipped +docs\/a\.md +binary\n$/)
  writeFileSync(cairn.path('docs/b.md'), 'beta')
  expect(await watch.line()).toMatch(/Z {2}1 added in [\d.]+ s\n$/)
  writeFileSync(cairn.path('docs/a.md'), 'alpha too')
  expect(await watch.line()).toMatch(/Z {2}1 changed, 1 unchanged in [\d.]+ s\n$/)
  writeFileSync(cairn.path('docs/a.md'), bytes)
  expect(await watch.line()).toMatch(/skipped +docs\/a\.md +binary\n$/)
  watch.stop()
  expect(await watch.ended).toBe(0)
})

it('cairn docs watch gives vectors to what it finds, and to what others wrote, in a store that has them', async () => {
  const cairn = newCli()
  const server = await embeddingServer()
  writeFileSync(cairn.path('cairn.config.json'), JSON.stringify({ embedder: { url: server.url } }))
  await cairn('init')
  mkdirSync(cairn.path('docs'))
  writeFileSync(cairn.path('docs/a.md'), 'alpha')
  const watch = startWatch(cairn.path(''), ['docs', '--json', '--debounce-ms', '50'])
  await watch.line()
  const spaces = async () => (await cairn.json<{ spaces: unknown[] }>('embeddings status')).spaces
  const eventually = (vectors: number) =>
    vi.waitFor(async () => expect(await spaces()).toMatchObject([{ vectors, waiting: 0 }]), { timeout: 10_000 })
  expect(await spaces()).toEqual([])
  await cairn('embeddings setup')
  await eventually(1)
  writeFileSync(cairn.path('docs/b.md'), 'beta')
  await watch.line()
  await eventually(2)
  await cairn('memory add user:alice tea --text tea')
  await eventually(3)
  // It ends in the middle of a request, and leaves the work to others.
  server.misbehave = () => ({ instead: 'hang' })
  const asked = server.asked.length
  await cairn('memory add user:alice mugs --text mugs')
  await vi.waitFor(() => expect(server.asked.length).toBeGreaterThan(asked), { timeout: 10_000 })
  expect(await cairn.json('embeddings status')).toMatchObject({ underWay: true })
  watch.stop()
  expect(await watch.ended).toBe(0)
  expect(watch.stderr).toEqual([])
  expect(await cairn.json('embeddings status')).toMatchObject({ underWay: false, spaces: [{ waiting: 1 }] })
})

it('cairn docs watch says once that the model is away, and once that it is back', async () => {
  const cairn = newCli()
  const server = await embeddingServer()
  writeFileSync(cairn.path('cairn.config.json'), JSON.stringify({ embedder: { url: server.url } }))
  await cairn('init')
  await cairn('embeddings setup')
  mkdirSync(cairn.path('docs'))
  server.models.clear()
  writeFileSync(cairn.path('docs/a.md'), 'alpha')
  // Whoever may not manage the store is told as well: it is this process that embeds.
  const watch = startWatch(cairn.path(''), ['docs', '--as', 'project=default,grant=project:default=write'])
  const told = (text: string) => () => expect(watch.stderr.join('').replaceAll(/\s+/g, ' ')).toContain(text)
  await vi.waitFor(told('Z The embedding model gives no vectors: Ollama at'), { timeout: 10_000 })
  told('does not have the model nomic-embed-text:v1.5. Get it with: ollama pull nomic-embed-text:v1.5')()
  // It is asked again, and nothing more is said.
  const asked = server.seen.length
  await vi.waitFor(() => expect(server.seen.length).toBeGreaterThan(asked), { timeout: 10_000 })
  server.models.add('nomic-embed-text:v1.5')
  await vi.waitFor(told('Z The embedding model is back.'), { timeout: 10_000 })
  watch.stop()
  expect(await watch.ended).toBe(0)
  expect(watch.stderr.filter((line) => line.includes('The embedding model '))).toHaveLength(2)
})

it('cairn docs watch follows the store to another model, or says what to do', async () => {
  const cairn = newCli()
  const server = await embeddingServer({ models: ['nomic-embed-text:v1.5', 'pebble', 'shell'] })
  const settings = (embedder: object) => writeFileSync(cairn.path('cairn.config.json'), JSON.stringify({ embedder }))
  settings({ url: server.url })
  await cairn('init')
  await cairn('embeddings migrate --to ollama/pebble')
  mkdirSync(cairn.path('docs'))
  const watch = startWatch(cairn.path(''), ['docs'])
  await watch.line()
  settings({ provider: 'ollama', url: server.url, model: 'pebble', dimensions: 768 })
  const other = startWatch(cairn.path(''), ['docs'])
  const told = ({ stderr }: typeof watch) => stderr.join('').replaceAll(/\s+/g, ' ')
  const changed = 'Z The store has changed over to ollama/shell/768, and so does this watch.'
  const passed =
    /Z Nothing is embedded here: .*ollama\/shell\/768.* Change over to it: cairn embeddings migrate --to ollama\/pebble\/768\./
  expect(await cairn('embeddings migrate --to ollama/shell')).toMatchObject({ code: 0 })
  await vi.waitFor(() => expect(told(watch)).toContain(changed), { timeout: 10_000 })
  await vi.waitFor(() => expect(told(other)).toMatch(passed), { timeout: 10_000 })
  for (const each of [watch, other]) {
    each.stop()
    expect(await each.ended).toBe(0)
  }
})
