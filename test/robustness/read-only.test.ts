import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openCairn } from '../../src/open.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { startChild } from './child.js'
import { contentOf } from './inspect.js'

const tempPath = useTempFolder()

const isRoot = process.getuid?.() === 0

/** Root may do everything, so the process under test becomes nobody; its threads must still reach the built files. */
function nobodyReaches(file: string): boolean {
  if (!isRoot) return true
  const script = 'process.setgroups([]); process.setgid(65534); process.setuid(65534); fs.readFileSync(process.argv[1])'
  return spawnSync(process.execPath, ['-e', script, file]).status === 0
}

const reaches = nobodyReaches('dist/index.js')
if (!reaches) console.warn('Other users cannot read this clone: read-only stores are tried without threads only.')
const threadings = [{ threads: false }, ...(reaches ? [{ threads: true }] : [])]

beforeAll(() => chmodSync(dirname(tempPath('x')), 0o755))

/** A closed store in a folder of its own, with these rights for whoever opens it. */
async function storeWith(rights: { file: number; folder: number }, keepOpen = false): Promise<string> {
  const folder = tempPath()
  mkdirSync(folder)
  const path = `${folder}/store.db`
  const cairn = await openCairn({ db: path, threads: false })
  await cairn.memories.add({ namespace: 'user:alice', key: 'tone', value: 'warm', type: 'semantic' })
  if (keepOpen) onTestFinished(() => cairn.close())
  else await cairn.close()
  for (const end of ['', '-wal', '-shm']) if (existsSync(path + end)) chmodSync(path + end, rights.file)
  chmodSync(folder, rights.folder)
  // Who is not root could not remove it otherwise.
  onTestFinished(() => chmodSync(folder, 0o755))
  return path
}

async function tryAsNobody(options: object): Promise<unknown> {
  const child = startChild('as-nobody.mjs', options)
  const outcome = await child.next()
  expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
  return outcome
}

const onlyReads = { open: 'ok', get: 'ok', list: 'ok', search: 'ok', add: 'read_only', update: 'read_only' }

describe.each(threadings)('a store that may not be written, threads $threads', ({ threads }) => {
  it('is read when its folder may be written, and refuses writes as read_only', async () => {
    const path = await storeWith({ file: 0o444, folder: 0o777 })
    const before = contentOf(path)
    expect(await tryAsNobody({ db: path, threads })).toEqual({ ...onlyReads, 'get again': 'ok', close: 'ok' })
    expect(contentOf(path)).toEqual(before)
  })

  it('in a folder that may not be written is read while another process has it open', async () => {
    const path = await storeWith({ file: 0o444, folder: 0o555 }, true)
    expect(await tryAsNobody({ db: path, threads })).toEqual({ ...onlyReads, 'get again': 'ok', close: 'ok' })
  })

  it('in a folder that may not be written is refused as read_only when nobody has it open', async () => {
    const path = await storeWith({ file: 0o444, folder: 0o555 })
    expect(await tryAsNobody({ db: path, threads })).toEqual({ open: 'read_only' })
    expect(readdirSync(dirname(path))).toEqual(['store.db'])
  })

  it('is refused as read_only when not even its folder takes the files beside it', async () => {
    const path = await storeWith({ file: 0o666, folder: 0o555 })
    expect(await tryAsNobody({ db: path, threads })).toEqual({ open: 'read_only' })
  })

  it('is refused as read_only when it may not be read either', async () => {
    const path = await storeWith({ file: 0o000, folder: 0o755 })
    expect(await tryAsNobody({ db: path, threads })).toEqual({ open: 'read_only' })
  })

  it('is refused as read_only when its folder may not be entered', async () => {
    const path = await storeWith({ file: 0o666, folder: 0o000 })
    expect(await tryAsNobody({ db: path, threads })).toEqual({ open: 'read_only' })
  })

  it('is not created where nothing may be created', async () => {
    const path = await storeWith({ file: 0o666, folder: 0o555 })
    expect(await tryAsNobody({ db: `${dirname(path)}/new.db`, threads })).toEqual({ open: 'read_only' })
    expect(readdirSync(dirname(path))).toEqual(['store.db'])
  })
})
