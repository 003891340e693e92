import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeDocuments } from '../documents/folders.js'
import { startChild } from './child.js'

type Told = { failure?: { code: string; message: string }; watching?: true; added?: number; skipped?: number }

/** A watcher of a folder, in a process that may not do everything; `heard` is all but what it asks for. */
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
  /** Reads on until the process has asked for the time so often, or has told what is waited for. */
  const listen = async (until: { asked?: number; told?: (line: Told) => boolean }): Promise<void> => {
    for (let asked = 0; asked < (until.asked ?? Number.POSITIVE_INFINITY); ) {
      const line = (await child.next()) as (Told & { asks?: string }) | undefined
      if (line === undefined) throw new Error((await child.ended).stderr)
      if (line.asks) asked++
      else heard.push(line)
      if (until.told?.(line)) return
    }
  }
  return { allow, listen, heard }
}

const reasons = (heard: Told[]): string[] => heard.flatMap(({ failure }) => (failure ? [failure.message] : []))

it('a watcher says once why it cannot read its folder, and goes on when it can', async () => {
  const { allow, listen, heard } = watchAsNobody({ docs: 0o000 }, {})
  await listen({ told: ({ failure }) => failure !== undefined })
  // Several tries.
  await listen({ asked: 24 })
  expect(new Set(reasons(heard)).size).toBe(reasons(heard).length)
  expect(reasons(heard)).toContainEqual(expect.stringMatching(/docs cannot be read: permission denied\.$/))
  allow('docs', 0o755)
  await listen({ told: ({ watching }) => watching === true })
  expect(heard.at(-2)).toEqual({ added: 1, skipped: 0 })
})

it('a watcher names what it may not look into in words, and watches the rest', async () => {
  const { listen, heard } = watchAsNobody({ 'docs/secret': 0o000 }, { 'docs/secret/b.md': 'beta' })
  await listen({ told: ({ watching }) => watching === true })
  expect(heard).toEqual([
    { failure: { code: 'internal', message: 'Some changes are not told of by the system: permission denied.' } },
    { added: 1, skipped: 1 },
    { watching: true },
  ])
})
