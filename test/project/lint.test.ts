import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'cairn-lint-'))
beforeAll(() => {
  for (const name of ['biome.json', '.gitignore', 'tsconfig.json']) cpSync(name, join(folder, name))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The names of the rules that files with the given texts break, when linted as the project is. */
function brokenRules(files: Record<string, string>): string[] {
  for (const part of ['src', 'test']) rmSync(join(folder, part), { recursive: true, force: true })
  for (const [file, code] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), code)
  }
  const args = [resolve('node_modules/@biomejs/biome/bin/biome'), 'lint', '--error-on-warnings', '--colors=off', '.']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  const rules = [...(stdout + stderr).matchAll(/\blint\/\w+\/(\w+)/g)].map((match) => match[1] ?? '')
  expect({ status, output: stdout + stderr }).toMatchObject({ status: rules.length === 0 ? 0 : 1 })
  return [...new Set(rules)]
}

function functionOf(lines: number): string {
  return `export function f(): number {\n  let x = 0\n${'  x += 1\n'.repeat(lines - 2)}  return x\n}\n`
}

function fileOf(lines: number): string {
  return Array.from({ length: lines }, (_, n) => `export const a${n} = ${n}\n`).join('')
}

describe('the linter', () => {
  it('holds files in src to 300 lines', () => {
    expect(brokenRules({ 'src/memories/a.ts': fileOf(300) })).toEqual([])
    expect(brokenRules({ 'src/memories/a.ts': fileOf(301) })).toEqual(['noExcessiveLinesPerFile'])
  })

  it('holds functions in src to 60 lines, and tests to none', () => {
    expect(brokenRules({ 'src/memories/a.ts': functionOf(60) })).toEqual([])
    expect(brokenRules({ 'src/memories/a.ts': functionOf(61) })).toEqual(['noExcessiveLinesPerFunction'])
    expect(brokenRules({ 'test/memories/a.test.ts': functionOf(301) })).toEqual([])
  })

  it('keeps the console to the command line', () => {
    expect(brokenRules({ 'src/memories/a.ts': 'console.log(1)\n' })).toEqual(['noConsole'])
    expect(brokenRules({ 'src/cli/a.ts': 'console.log(1)\n' })).toEqual([])
  })

  it('finds promises that nobody waits for, across files', () => {
    const code = "import { g } from './g.js'\n\nexport function f(): void {\n  g()\n}\n"
    const slow = 'export async function g(): Promise<void> {\n  await Promise.resolve()\n}\n'
    expect(brokenRules({ 'src/memories/f.ts': code, 'src/memories/g.ts': slow })).toEqual(['noFloatingPromises'])
  })

  it('finds imports in a circle', () => {
    const one = "import { b } from './b.js'\n\nexport const a = (): unknown => b()\n"
    const other = "import { a } from './a.js'\n\nexport const b = (): unknown => a()\n"
    expect(brokenRules({ 'src/memories/a.ts': one, 'src/memories/b.ts': other })).toEqual(['noImportCycles'])
  })

  it('allows neither any, nor !, nor an unused import', () => {
    const asserted = 'export function f(a: string | null) {\n  return a!.length\n}\n'
    expect(brokenRules({ 'src/a.ts': asserted })).toEqual(['noNonNullAssertion'])
    expect(brokenRules({ 'src/a.ts': 'export function f(a: any) {\n  return a\n}\n' })).toEqual(['noExplicitAny'])
    expect(brokenRules({ 'src/a.ts': "import { z } from 'zod'\n" })).toEqual(['noUnusedImports'])
  })

  it('allows neither a focused nor a skipped test', () => {
    const test = (how: string) => `import { it } from 'vitest'\n\n${how}('a', () => {})\n`
    expect(brokenRules({ 'test/a.test.ts': test(['it', 'only'].join('.')) })).toEqual(['noFocusedTests'])
    expect(brokenRules({ 'test/a.test.ts': test(['it', 'skip'].join('.')) })).toEqual(['noSkippedTests'])
  })
})
