import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import type { StoreFile } from '../../../src/storage/sqlite/store-file.js'
import { ThreadClient } from '../../../src/storage/sqlite/thread-client.js'
import { refusal } from '../../helpers/refusal.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { add, aMemory, author, now, tone, toValue } from '../contract/subject.js'

/** Every thread that was started, so that a test can end one as the operating system would. */
const { started } = vi.hoisted(() => ({ started: [] as Worker[] }))
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof import('node:worker_threads')>()
  class WatchedWorker extends real.Worker {
    constructor(...parameters: ConstructorParameters<typeof real.Worker>) {
      super(...parameters)
      started.push(this)
    }
  }
  return { ...real, Worker: WatchedWorker }
})

const newPath = useTempFolder()
const options = { create: true, durability: 'off', busyTimeoutMs: 5_000, maxPages: 0, threads: true } as const

const fileAt = (path: string): StoreFile => ({ path, durability: 'off', busyTimeoutMs: 5_000, maxPages: 0 })

function client(role: 'writer' | 'reader', path: string): ThreadClient {
  const made = new ThreadClient({ role, file: fileAt(path) })
  onTestFinished(() => made.close())
  return made
}

const addition = (key: string) => ({ entries: [aMemory({ key, chain: key })], author: author() })

describe('a writer thread', () => {
  it('takes requests while it starts, and answers each', async () => {
    const writer = client('writer', newPath())
    const calls = Array.from({ length: 40 }, (_, index) => writer.call('memories.add', addition(`k${index}`)))
    const answers = (await Promise.all(calls)) as { chain: string }[][]
    expect(answers.map(([stamp]) => stamp?.chain)).toEqual(calls.map((_, index) => `k${index}`))
  })

  it('answers a refusal as an error with all that belongs to it', async () => {
    const writer = client('writer', newPath())
    await writer.call('memories.add', addition('tone'))
    const { details, hint } = await refusal(
      writer.call('memories.update', { ...tone, ...toValue('2'), ifVersion: 7 }),
      'conflict',
    )
    expect(details).toEqual({ version: 1, expected: 7 })
    expect(hint).toContain('retry')
    expect((await refusal(writer.call('unknown', {}), 'internal')).message).toContain('unknown')
  })

  it('that cannot start says why, to who started it and to all who asked something of it', async () => {
    const path = newPath()
    writeFileSync(path, 'this is a text, and it is long enough to be read as the header of a database, which it is not')
    const writer = client('writer', path)
    const calls = [
      writer.start(),
      writer.call('memories.add', addition('a')),
      writer.call('memories.add', addition('b')),
    ]
    for (const call of calls) await refusal(call, 'not_a_database')
    rmSync(path)
    expect(await writer.call('memories.add', addition('a'))).toMatchObject([{ version: 1 }])
  })

  it('that dies rejects what is under way, and the next call starts another', async () => {
    const writer = client('writer', newPath())
    await writer.call('memories.add', addition('before'))
    const thread = started.at(-1)
    const lost = [writer.call('memories.add', addition('a')), writer.call('memories.add', addition('b'))]
    const rejections = Promise.all(lost.map((call) => refusal(call, 'internal')))
    await thread?.terminate()
    for (const error of await rejections) {
      expect(error.message).toContain('may or may not be stored')
      expect(error.hint).toContain('the next call starts a new thread')
    }
    expect(await writer.call('memories.update', { ...tone, key: 'before', ...toValue('2') })).toMatchObject({
      version: 2,
    })
    expect(started.at(-1)).not.toBe(thread)
  })

  it('finishes what it was given before it ends, however often it is asked to', async () => {
    const path = newPath()
    const writer = client('writer', path)
    const calls = Array.from({ length: 20 }, (_, index) => writer.call('memories.add', addition(`k${index}`)))
    await Promise.all([writer.close(), writer.close()])
    expect(await Promise.all(calls)).toHaveLength(20)
    await writer.close()
  })

  it('that was never started ends at once', async () => {
    const before = started.length
    await client('writer', newPath()).close()
    expect(started.length).toBe(before)
  })
})

describe('a reader thread', () => {
  it('reads what the writer has stored, and says what it cannot', async () => {
    const path = newPath()
    await client('writer', path).call('memories.add', addition('tone'))
    const reader = client('reader', path)
    expect(await reader.call('memories.get', { ...tone, now })).toMatchObject({ key: 'tone' })
    expect((await refusal(reader.call('unknown', {}), 'internal')).message).toContain('no query is named unknown')
    await refusal(client('reader', newPath('nowhere.db')).call('info', undefined), 'read_only')
  })

  it('that dies loses no write, and says so', async () => {
    const path = newPath()
    await client('writer', path).call('memories.add', addition('tone'))
    const reader = client('reader', path)
    await reader.start()
    const thread = started.at(-1)
    const lost = refusal(reader.call('memories.get', { ...tone, now }), 'internal')
    await thread?.terminate()
    expect((await lost).message).not.toContain('may or may not')
    expect(await reader.call('memories.get', { ...tone, now })).toMatchObject({ version: 1 })
  })
})

describe('a store with threads', () => {
  it('goes on after the death of its threads', async () => {
    const storage = await openSqliteStorage({ ...options, path: newPath() })
    onTestFinished(() => storage.close())
    await add(storage)
    await storage.info()
    for (const thread of started) await thread.terminate()
    expect(await storage.memories.update({ ...tone, ...toValue('2') })).toMatchObject({ version: 2 })
    expect((await storage.info()).rows).toMatchObject({ memoryVersions: 2 })
  })
})

describe('a process', () => {
  /** Runs a script against the built package in a process of its own; answers with what it printed. */
  async function run(body: string): Promise<string> {
    const entry = pathToFileURL(join(process.cwd(), 'dist/storage/sqlite/sqlite-storage.js')).href
    const path = JSON.stringify(newPath())
    const script = `
      import { openSqliteStorage } from '${entry}'
      const storage = await openSqliteStorage({ ...${JSON.stringify(options)}, path: ${path} })
      const entries = [${JSON.stringify(aMemory())}]
      const add = () => storage.memories.add({ entries, author: ${JSON.stringify(author())} })
      ${body}`
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 20_000,
    })
    expect(stderr).toBe('')
    return stdout.trim()
  }

  it('ends by itself while its threads are idle', async () => {
    expect(await run('await add(); await storage.info(); console.log("done")')).toBe('done')
  })

  it('does not end before its writes are stored', async () => {
    expect(await run('add().then(([stamp]) => console.log("version", stamp.version))')).toBe('version 1')
  })
})
