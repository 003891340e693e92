import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkArrows } from '../../scripts/check-arrows.mjs'

const checker = resolve('scripts/check-arrows.mjs')
const temporary = mkdtempSync(join(tmpdir(), 'cairn-arrows-'))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

function runChecker(root?: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [checker, ...(root === undefined ? [] : [root])], {
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

const red: [why: string, file: string, code: string][] = [
  ['an interface reaches into storage', 'src/cli/commands/add.ts', "import { a } from '../../storage/storage.js'"],
  ['an interface takes a type of an adapter', 'src/http/s.ts', "import type { A } from '../storage/sqlite/store.js'"],
  ['an interface calls a domain function', 'src/mcp/tools.ts', "import { merge } from '../memories/merge.js'"],
  ['an interface uses another interface', 'src/mcp/tools.ts', "import { a } from '../cli/output.js'"],
  ['an interface uses an inner file', 'src/cli/a.ts', "import { parse } from '../json.js'"],
  ['the root object knows an adapter', 'src/cairn.ts', "import { S } from './storage/sqlite/store.js'"],
  ['the index knows an adapter', 'src/index.ts', "export * from './storage/sqlite/store.js'"],
  ['a domain folder knows an adapter', 'src/memories/add.ts', "import type { S } from '../storage/sqlite/store.js'"],
  ['a domain folder knows an interface', 'src/search/a.ts', "import { a } from '../cli/output.js'"],
  ['a domain folder knows the root object', 'src/tasks/a.ts', "import type { Cairn } from '../cairn.js'"],
  ['a domain folder opens stores', 'src/ops/a.ts', "const a = await import('../open.js')"],
  ['a domain folder reads the configuration', 'src/audit/a.ts', "import { c } from '../config.js'"],
  ['a domain folder uses the database package', 'src/memories/a.ts', "import Database from 'better-sqlite3'"],
  ['a domain folder uses the database type', 'src/memories/a.ts', "import type { Database } from 'better-sqlite3'"],
  ['a domain folder uses pg', 'src/memories/a.ts', "import pg from 'pg'"],
  ['the contract knows an adapter', 'src/storage/storage.ts', "import { a } from './sqlite/store.js'"],
  ['the contract calls the domain', 'src/storage/storage.ts', "import { merge } from '../memories/merge.js'"],
  ['an adapter knows another adapter', 'src/storage/sqlite/a.ts', "import { a } from '../postgres/a.js'"],
  ['an adapter knows an interface', 'src/storage/sqlite/a.ts', "import { a } from '../../cli/output.js'"],
  ['an adapter opens stores', 'src/storage/sqlite/a.ts', "import { open } from '../../open.js'"],
  ['an adapter uses the package of another', 'src/storage/postgres/a.ts', "import D from 'better-sqlite3'"],
  ['an inner file knows the domain', 'src/time.ts', "import type { M } from './memories/types.js'"],
  ['a re-export crosses', 'src/memories/a.ts', "export { a } from '../cli/output.js'"],
  ['an import over several lines crosses', 'src/memories/a.ts', "import {\n  a,\n  b,\n} from '../cli/output.js'"],
  ['a bare import crosses', 'src/memories/a.ts', "import '../cli/main.js'"],
  ['a type query crosses', 'src/memories/a.ts', "type A = typeof import('../cli/main.js')"],
  ['a worker entry crosses', 'src/memories/a.ts', "new URL('../storage/sqlite/a-thread.js', import.meta.url)"],
  ['a dynamic import hides its target', 'src/memories/a.ts', 'const a = await import(name)'],
  ['an import leaves src', 'src/cli/a.ts', "import { a } from '../../scripts/lock.mjs'"],
  ['an import reaches a folder of no layer', 'src/cairn.ts', "import { a } from './misfits/a.js'"],
  ['a file is in a folder of no layer', 'src/misfits/a.ts', ''],
  ['a file has a name that says nothing', 'src/memories/utils.ts', ''],
  ['a folder has a name that says nothing', 'src/search/helpers/rank.ts', ''],
]

const green: [why: string, file: string, code: string][] = [
  ['an interface opens a store', 'src/cli/main.ts', "import { openCairn } from '../open.js'"],
  ['an interface has parts', 'src/cli/commands/add.ts', "import { print } from '../output.js'"],
  ['an interface takes a domain type', 'src/mcp/a.ts', "import type { Memory } from '../memories/memory.js'"],
  ['an interface takes inline types', 'src/mcp/a.ts', "import { type A, type B } from '../memories/memory.js'"],
  ['an interface takes a schema', 'src/http/a.ts', "import { input } from '../memories/memory-schemas.js'"],
  ['open knows the adapters', 'src/open.ts', "import { S } from './storage/sqlite/store.js'"],
  ['domain folders know each other', 'src/search/a.ts', "import { a } from '../memories/memory.js'"],
  ['the domain knows the contract', 'src/memories/a.ts', "import type { Storage } from '../storage/storage.js'"],
  ['the contract takes domain types', 'src/storage/storage.ts', "import type { M } from '../memories/memory.js'"],
  ['an adapter uses its package', 'src/storage/sqlite/rows/a.ts', "import Database from 'better-sqlite3'"],
  ['an adapter calls pure functions', 'src/storage/sqlite/a.ts', "import { a } from '../../memories/merge.js'"],
  ['other packages are free', 'src/memories/a.ts', "import { z } from 'zod'\nimport { join } from 'node:path'"],
  ['an example in a comment is no import', 'src/memories/a.ts', "/**\n * import x from 'pg'\n */\n// import 'pg'"],
]

describe('the arrows of the architecture', () => {
  it('hold in src', () => {
    expect(runChecker()).toEqual({ status: 0, output: '' })
  })

  it.each(red)('go red when %s', (_why, file, code) => {
    expect(checkArrows({ [file]: code })).toHaveLength(1)
  })

  it.each(green)('stay green when %s', (_why, file, code) => {
    expect(checkArrows({ [file]: code })).toEqual([])
  })

  it('fail the command, which names file and line', () => {
    const file = join(temporary, 'src/memories/add.ts')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, "import { z } from 'zod'\nimport { Store } from '../storage/sqlite/store.js'\n")
    const { status, output } = runChecker(temporary)
    expect(status).toBe(1)
    expect(output).toBe(
      'src/memories/add.ts:2 domain/memories may not import adapter/sqlite: src/storage/sqlite/store.ts\n',
    )
  })
})
