import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { makeDocuments } from '../documents/folders.js'
import { startChild } from './child.js'

type Told = {
  back?: string
  failure?: { code: string; message: string }
  watching?: true
  added?: number
  skipped?: number
}

/** A watcher of a folder, in a process that may not do everything; `heard` is what it tells. */
function watchAsNobody(rights: Record<string, number>, files: Record<string, string>) {
  const folder = makeDocuments({ 'docs/a.md': 'alpha', ...files })
  mkdirSync(join(folder, 'store'))
  chmodSync(folder, 0o755)
  chmodSync(join(folder, 'store'), 0o777)
  const allow = (path: string, mode: number) => chmodSync(join(folder, path), mode)
  for (const [path, mode] of Object.entries(rights)) {
    allow(path, mode)
    onTestFinished(() => allow(path, 0o755))
  }
  const child = startChild('watch-as-nobody.mjs', join(folder, 'store/store.db'), join(folder, 'docs'))
  const heard: Told[] = []
  /** Reads on until it has told what is waited for. */
  const listen = async (isIt: (line: Told) => boolean): Promise<void> => {
    for (;;) {
      const line = (await child.next()) as Told | undefined
      if (line === undefined) throw new Error((await child.ended).stderr)
      heard.push(line)
      if (isIt(line)) return
    }
  }
  return { allow, listen, heard }
}

it('a watcher says once why it cannot read its folder, and goes on when it can', async () => {
  const { allow, listen, heard } = watchAsNobody({ docs: 0o000 }, {})
  await listen(({ failure }) => failure !== undefined)
  // Several tries.
  await sleep(3_500)
  allow('docs', 0o755)
  await listen(({ watching }) => watching === true)
  expect(heard).toEqual([
    { failure: { code: 'invalid_input', message: expect.stringMatching(/docs cannot be read: permission denied\.$/) } },
    { back: expect.stringMatching(/docs cannot be read/) },
    { added: 1, skipped: 0 },
    { watching: true },
  ])
})

it('a watcher names what it may not look into in words, and watches the rest', async () => {
  const { listen, heard } = watchAsNobody({ 'docs/secret': 0o000 }, { 'docs/secret/b.md': 'beta' })
  await listen(({ watching }) => watching === true)
  expect(heard).toEqual([
    { failure: { code: 'internal', message: 'Some changes are not told of by the system: permission denied.' } },
    { added: 1, skipped: 1 },
    { watching: true },
  ])
})
