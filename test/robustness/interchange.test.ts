import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { ImportReport } from '../../src/index.js'
import { openCairn } from '../../src/open.js'
import { refusal } from '../helpers/refusal.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { exported } from '../ops/full-store.js'
import { startChild } from './child.js'
import { count, expectSound } from './inspect.js'

const tempPath = useTempFolder()

async function opened(db: string, options = {}): Promise<Cairn> {
  const cairn = await openCairn({ db, durability: 'off', ...options })
  onTestFinished(() => cairn.close())
  return cairn
}

/** `records` memories and as many events, some of them in long chains. */
async function fill(cairn: Cairn, records: number, value: (n: number) => object): Promise<void> {
  await cairn.sessions.create({ id: 's1', app: 'a', user: 'alice' })
  for (let n = 0; n < records; n += 500) {
    const numbers = Array.from({ length: Math.min(500, records - n) }, (_, index) => n + index)
    await cairn.memories.addMany(
      numbers.map((n) => ({ namespace: `user:u${n % 50}`, key: `k${n}`, value: value(n), type: 'semantic' as const })),
    )
    await cairn.sessions.appendEvents(
      's1',
      numbers.map((n) => ({
        eventId: `e${n}`,
        type: 'message' as const,
        actor: 'user',
        content: { text: `turn ${n}` },
      })),
    )
  }
  for (let n = 0; n < 300; n++) await cairn.memories.update('user:u0', 'k0', { version: n })
}

const added = ({ records }: ImportReport): number =>
  Object.values(records).reduce((sum, counts) => sum + counts.added, 0)

describe('an import that is killed', () => {
  it('goes on where it stopped, and what it leaves in between is whole', async () => {
    const source = await opened(tempPath())
    await fill(source, 4_000, (n) => ({ text: `pebble ${n}` }))
    const file = `${tempPath()}.jsonl`
    const text = await exported(source)
    writeFileSync(file, text)
    const path = tempPath()
    const lines = text.split('\n').length
    let rounds = 0
    let stored = 0
    for (; rounds < 12; rounds++) {
      const child = startChild('import.mjs', path, file)
      // Each round a little further, and anywhere in it: between batches, in the middle of one, while it commits.
      const enough = (lines * (rounds + 1)) / 14
      for (
        let said = (await child.next()) as Said;
        said?.report === undefined && said !== undefined;
        said = (await child.next()) as Said
      )
        if (said.pass === 'write' && said.records > enough) break
      child.kill()
      await child.ended
      expectSound(path, { importing: true })
      expect(
        count(
          path,
          'select count(*) from session_events e where not exists (select 1 from search_items where ref = e.id)',
        ),
      ).toBe(0)
      expect(
        count(
          path,
          `select count(*) from memory_entries m where not exists (
        select 1 from memory_entries l where l.namespace = m.namespace and l.key = m.key and l.superseded_at is null)`,
        ),
      ).toBe(0)
      const now = count(path, 'select count(*) from audit') + count(path, 'select count(*) from memory_entries')
      expect(now).toBeGreaterThanOrEqual(stored)
      stored = now
    }
    expect(stored).toBeGreaterThan(1_000)
    const copy = await opened(path)
    const report = await copy.import(file)
    expect(added(report)).toBeGreaterThan(0)
    expect(report.differences).toEqual([])
    expect(await exported(copy)).toBe(text)
    expectSound(path)
  }, 180_000)
})

interface Said {
  pass: string
  records: number
  report?: ImportReport
  grown: number
  bytes: number
}

describe('an import that finds no room', () => {
  it.each([true, false])('says so and goes on when there is, threads %s', async (threads) => {
    const source = await opened(tempPath(), { threads })
    await fill(source, 1_500, (n) => ({ text: `pebble ${n} ${'x'.repeat(500)}` }))
    const text = await exported(source)
    const path = tempPath()
    const small = await openCairn({ db: path, threads, limits: { storeBytes: 1_500_000 } })
    await refusal(small.import([text]), 'disk_full')
    await refusal(small.import([text]), 'disk_full')
    await small.close()
    expectSound(path, { importing: true })
    expect(count(path, 'select count(*) from session_events')).toBeGreaterThan(0)
    const large = await opened(path, { threads })
    expect((await large.import([text])).differences).toEqual([])
    expect(await exported(large)).toBe(text)
  })
})

describe('an export', () => {
  it('that is left in the middle holds nothing up, and one of a closed store ends', async () => {
    const cairn = await openCairn({ db: tempPath(), durability: 'off' })
    await fill(cairn, 2_000, (n) => ({ text: `pebble ${n}` }))
    for await (const line of cairn.export()) if (line.includes('"session"')) break
    const lines = cairn.export()
    await lines.next()
    await cairn.close()
    const rest = async () => {
      for await (const _ of lines);
    }
    await refusal(rest(), 'closed')
    await refusal(exported(cairn), 'closed')
  })
})

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

describe('a hundred megabytes', () => {
  it('go out while 50 writers run, come in and go out again, byte for byte and in little memory', async () => {
    const [source, target] = [tempPath(), tempPath()]
    const [file, again] = [`${source}.jsonl`, `${target}.jsonl`]
    const cairn = await opened(source)
    // Numbers are not indexed, and so are quickly made.
    const samples = Array.from({ length: 1_000 }, (_, n) => n * 1.25)
    await fill(cairn, 20_000, (n) => ({ text: `pebble ${n}`, samples }))
    const exporting = startChild('export.mjs', source, file)
    let done = false
    void exporting.ended.then(() => {
      done = true
    })
    let written = 0
    const writer = async (caller: number): Promise<void> => {
      for (let n = 0; !done; n++) {
        await cairn.memories.add({ namespace: `user:w${caller}`, key: `w${n}`, value: { n }, type: 'semantic' })
        written++
      }
    }
    await Promise.all(Array.from({ length: 50 }, (_, caller) => writer(caller)))
    const first = (await exporting.next()) as Said
    expect(first.bytes).toBeGreaterThan(100_000_000)
    // Some 90 MB whatever the size of the store, most of it room for young objects; all lines together would add 128.
    expect(first.grown).toBeLessThan(150_000_000)
    expect(written).toBeGreaterThan(100)

    const importing = startChild('import.mjs', target, file)
    const said = ((await importing.rest()) as Said[]).at(-1)
    expect(said?.report?.differences).toEqual([])
    const second = startChild('export.mjs', target, again)
    expect(await second.next()).toMatchObject({ bytes: statSync(file).size })
    expect(await hashOf(again)).toBe(await hashOf(file))
    expect(said?.grown).toBeLessThan(250_000_000)
    expect(readFileSync(file).subarray(-100).toString()).toContain('"record":"end"')
  }, 300_000)
})

describe('an export to a file', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('that %s ends leaves nothing behind', async (signal) => {
    const folder = tempPath(`ended-${signal}`)
    mkdirSync(folder)
    const child = startChild('write-for-ever.mjs', join(folder, 'out.jsonl'))
    expect(await child.next()).toBe('writing')
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^out\.jsonl\..*\.part$/)])
    process.kill(child.pid, signal)
    expect((await child.ended).signal).toBe(signal)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('an import from stdin', () => {
  it('that a signal ends leaves no copy of the data', async () => {
    const folder = tempPath('temporary')
    mkdirSync(folder)
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
    await (await opened(tempPath('by-stdin.db'))).close()
    const child = spawn(process.execPath, [main, 'import', '-', '--db', tempPath('by-stdin.db')], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const ended = once(child, 'exit')
    child.stdin.write('{"not whole')
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), { timeout: 30_000 })
    child.kill('SIGTERM')
    expect(await ended).toEqual([143, null])
    expect(readdirSync(folder)).toEqual([])
  })
})
