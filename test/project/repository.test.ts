import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importsOf } from '../../scripts/check-arrows.mjs'

const root = process.cwd()
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8'))

/** Every file of the repository that git would keep, with its text. */
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '' && existsSync(path))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }))

/** The files in which a pattern is found, each with what was found. */
function finds(pattern: RegExp, within = files): string[] {
  return within.flatMap(({ path, text }) => {
    const found = pattern.exec(text)
    return found === null ? [] : [`${path}: ${found[0]}`]
  })
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

describe('the files of the repository', () => {
  it('are there', () => {
    expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['package.json', '.ci/run', 'LICENSE']))
  })

  it('name no package registry host', () => {
    expect(finds(/\bhttps?:\/\/[^\s"'`)]*(?:registry\.|npmjs\.org|yarnpkg|artifactory|nexus|verdaccio)/i)).toEqual([])
    expect(
      finds(
        /"resolved"\s*:\s*"/,
        files.filter(({ path }) => path === 'package-lock.json'),
      ),
    ).toEqual([])
    expect(
      finds(
        /^\s*(?:@[\w-]+:)?registry\s*=|_auth/m,
        files.filter(({ path }) => path === '.npmrc'),
      ),
    ).toEqual([])
  })

  it('name no path of a machine', () => {
    const homes = /(?<![\w.\-/*~$}])\/(?:root|home\/\w+|Users\/\w+)\/\w/
    expect(finds(homes)).toEqual([])
    // A folder directly below / may share its name with a folder of the repository, and is no proof.
    for (const folder of [root, homedir()].filter((path) => path.split('/').length > 2)) {
      expect(finds(new RegExp(`(?<![\\w.\\-/])${escapeRegExp(folder)}(?![\\w-])`))).toEqual([])
    }
  })

  it('leave no test out', () => {
    const tests = files.filter(({ path }) => path.startsWith('test/') && path.endsWith('.ts'))
    expect(tests.length).toBeGreaterThan(0)
    expect(finds(/\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:only|skip|todo|fails)\b/, tests)).toEqual([])
    expect(finds(/\b(?:xit|xtest|xdescribe|fit|fdescribe)\s*\(/, tests)).toEqual([])
  })

  it('hold no test outside of what vitest runs', () => {
    const stray = files.filter(({ path }) => /\.(?:test|spec)\.[cm]?[jt]sx?$/.test(path))
    expect(stray.filter(({ path }) => !/^test\/.*\.test\.ts$/.test(path))).toEqual([])
  })
})

describe('package.json', () => {
  it('agrees with the lockfile', () => {
    const { name, version, dependencies, devDependencies, engines, bin } = lockfile.packages['']
    expect({ name, version, dependencies, devDependencies, engines, bin }).toEqual({
      name: manifest.name,
      version: manifest.version,
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
      engines: manifest.engines,
      bin: manifest.bin,
    })
  })

  it('is that of an ESM package for Node 20', () => {
    expect(manifest).toMatchObject({ name: 'cairn-memory', type: 'module', license: 'MIT' })
    expect(manifest.version).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/)
    expect(manifest.engines.node).toBe('>=20.19')
    expect(Object.keys(manifest.exports)).toEqual(['.', './package.json'])
  })

  it('has a lockfile that is whole, for every platform', () => {
    const paths = Object.keys(lockfile.packages)
    const entries = Object.values<{ dependencies?: object; optionalDependencies?: object }>(lockfile.packages)
    const wanted = entries.flatMap((entry) => Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }))
    const missing = wanted.filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)))
    expect(missing).toEqual([])
  })

  it('asks for compatible ranges, and for nothing that runs only on a newer Node', () => {
    const ranges: Record<string, string> = { ...manifest.dependencies, ...manifest.devDependencies }
    for (const [name, range] of Object.entries(ranges)) expect(`${name} ${range}`).toMatch(/ [\^~]\d+\.\d+\.\d+$/)
    expect(ranges['better-sqlite3']).toMatch(/^\^12\./)
    expect(ranges['@types/node']).toMatch(/^\^20\./)
    for (const [path, entry] of Object.entries<{ engines?: { node?: string } }>(lockfile.packages)) {
      const lowest = /^(?:>=|\^|~)\s*(\d+)(?:\.(\d+))?[^|]*$/.exec(entry.engines?.node ?? '')
      const least = Number(lowest?.[1] ?? 0) + Number(lowest?.[2] ?? 0) / 100
      expect(`${path} needs Node ${least <= 20.19 ? 'at most 20.19' : entry.engines?.node}`).toMatch(/at most/)
    }
  })

  it('lists what src imports, and nothing else, as dependencies', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
    const specifiers = sources
      .flatMap((path) => importsOf(readFileSync(join('src', path), 'utf8')))
      .flatMap(({ specifier }) => specifier ?? [])
    const packages = specifiers
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0])
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    })
    expect([...new Set(packages)].sort()).toEqual(declared.sort())
  })
})
