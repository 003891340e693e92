import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { importsOf } from '../../scripts/check-arrows.mjs'

/** Packages that are loaded with a file: what it imports, and what that imports, but for types and `import()`. */
function packagesOf(entry: string): Set<string> {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const open = [entry]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = readFileSync(file, 'utf8').replaceAll(/\bimport\s*\(/g, 'later(')
    for (const { specifier, typeOnly } of importsOf(text)) {
      if (specifier === undefined || typeOnly) continue
      if (specifier.startsWith('.')) open.push(join(dirname(file), specifier.replace(/\.js$/, '.ts')))
      else packages.add(specifier)
    }
  }
  return packages
}

const heavy = /^(?:markdown-it|gpt-tokenizer|yaml|ignore|picomatch|chokidar)(?:\/|$)/

it.each(['src/index.ts', 'src/cli/main.ts'])('%s loads what documents need only when they are used', (entry) => {
  const packages = [...packagesOf(entry)]
  expect(packages).toContain('zod')
  expect(packages.filter((name) => heavy.test(name))).toEqual([])
})

it('what documents need is found where it is used', () => {
  const packages = [...packagesOf('src/documents/reader-thread.ts'), ...packagesOf('src/documents/folder-reader.ts')]
  expect(packages.filter((name) => heavy.test(name)).length).toBeGreaterThan(4)
})
