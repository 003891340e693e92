import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { makeFolder } from './run-demo.js'

const run = promisify(execFile)
const withExample = ['README.md', 'docs/tasks.md', 'docs/checkpoints.md', 'docs/context.md', 'docs/search.md']
const pages = [...withExample, 'CONTRIBUTING.md', 'examples/README.md', 'docs/documents.md']

function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(page, 'utf8')
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, tag, code = '']) =>
    tag === language ? [code] : [],
  )
}

/** Runs a program some times in a folder of its own that has the package, as a user's project has it. */
async function runInProject(code: string, times: number): Promise<string[]> {
  const folder = makeFolder()
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(resolve('.'), join(folder, 'node_modules', 'cairn-memory'), 'dir')
  writeFileSync(join(folder, 'example.mjs'), code)
  const printed: string[] = []
  while (printed.length < times) {
    const { stdout, stderr } = await run(process.execPath, ['example.mjs'], { cwd: folder })
    expect(stderr).toBe('')
    printed.push(stdout)
  }
  return printed
}

describe('the pages', () => {
  it('have an example that prints what its comments say, when it is run again as well', {
    timeout: 120_000,
  }, async () => {
    const examples = withExample.map((page) => blocksOf(page, 'ts'))
    for (const ofPage of examples) expect(ofPage.length).toBeGreaterThan(0)
    for (const code of examples.flat()) {
      const said = [...code.matchAll(/^console\.log\(.*\) \/\/ (.+)$/gm)].map((match) => match[1])
      expect(said.length).toBeGreaterThan(0)
      const expected = `${said.join('\n')}\n`
      expect(await runInProject(code, 2)).toEqual([expected, expected])
    }
  })

  it('name commands that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
    const named = pages.flatMap((page) => [...readFileSync(page, 'utf8').matchAll(/npm run ([\w:]+)/g)])
    expect(named.length).toBeGreaterThan(0)
    for (const [command, name = ''] of named)
      expect({ command, known: name in scripts }).toEqual({ command, known: true })
  })

  it.each(pages)('link only to what is there: %s', (page) => {
    const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '')
    const missing = links.filter((link) => !existsSync(join(dirname(page), link)))
    expect(missing).toEqual([])
  })

  it.each(pages)('name only files and folders that are there: %s', (page) => {
    const text = readFileSync(page, 'utf8')
    const named = [...text.matchAll(/`((?:src|test|docs|scripts|examples)\/[\w./-]+)`/g)].map((match) => match[1] ?? '')
    const missing = named.filter((path) => !path.includes('000N') && !existsSync(path))
    expect(missing).toEqual([])
  })

  it('show the layers as they are', async () => {
    const check = run(process.execPath, ['scripts/draw-layers.mjs', '--check'])
    await expect(check).resolves.toMatchObject({ stderr: '' })
  })
})
