// @ts-check
// Holds the arrows of the architecture: which part of src/ may import which.
// Usage: node scripts/check-arrows.mjs [repository root]
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const interfaces = ['cli', 'mcp', 'http', 'integrations']
const adapters = ['sqlite', 'postgres']
const domains = [
  'access',
  'sessions',
  'memories',
  'tasks',
  'documents',
  'embeddings',
  'search',
  'vectors',
  'audit',
  'ops',
  'observe',
]

/**
 * What each layer may import. A plain entry allows every import, `type:x` only `import type`, and `schema:x` an
 * `import type` or a file whose name says that it holds schemas or types (schema.ts, memory-schemas.ts, types.ts).
 * A layer is the name given by `layerOf`; a name that ends in `/*` stands for all layers with that beginning.
 * @type {Record<string, string[]>}
 */
const allowed = {
  leaf: ['leaf', 'leaf/errors'],
  'leaf/errors': ['leaf'],
  config: ['leaf', 'leaf/errors', 'schema:domain/*'],
  index: ['open', 'cairn', 'config', 'leaf', 'leaf/errors', 'domain/*', 'contract'],
  cairn: ['config', 'leaf', 'leaf/errors', 'domain/*', 'contract'],
  open: ['cairn', 'config', 'leaf', 'leaf/errors', 'domain/*', 'contract', 'adapter/*'],
  'domain/*': ['domain/*', 'leaf', 'leaf/errors', 'contract'],
  contract: ['contract', 'type:domain/*', 'leaf', 'leaf/errors'],
  'adapter/*': ['self', 'contract', 'domain/*', 'leaf', 'leaf/errors'],
  'interface/*': ['self', 'index', 'open', 'cairn', 'config', 'leaf/errors', 'type:leaf', 'schema:domain/*'],
}

/** Packages that only one folder may know. @type {Record<string, string>} */
const packageHomes = { 'better-sqlite3': 'src/storage/sqlite', pg: 'src/storage/postgres' }

const bannedNames = new Set([
  ...['util', 'utils', 'common', 'helper', 'helpers', 'core', 'manager', 'managers', 'base', 'misc', 'interfaces'],
])
const schemaFile = /(?:^|[-.])(?:schemas?|types)\.ts$/
const rootFiles = new Set(['config', 'index', 'cairn', 'open'])

/**
 * The layer of a file, as a path from the repository root, or undefined when it is in none.
 * @param {string} file
 * @returns {string | undefined}
 */
function layerOf(file) {
  const [, first = '', second = '', third] = file.split('/')
  if (second === '') {
    const name = first.replace(/\.ts$/, '')
    if (rootFiles.has(name)) return name
    return name === 'errors' ? 'leaf/errors' : 'leaf'
  }
  if (interfaces.includes(first)) return `interface/${first}`
  if (domains.includes(first)) return `domain/${first}`
  if (first !== 'storage') return undefined
  if (third === undefined) return 'contract'
  return adapters.includes(second) ? `adapter/${second}` : undefined
}

/**
 * @param {string} pattern
 * @param {string} layer
 */
function covers(pattern, layer) {
  return pattern.endsWith('/*') ? layer.startsWith(pattern.slice(0, -1)) : pattern === layer
}

/**
 * @param {string} from layer of the importing file
 * @param {string} to layer of the imported file
 * @param {string} target the imported file
 * @param {boolean} typeOnly
 */
function mayImport(from, to, target, typeOnly) {
  const entry = Object.keys(allowed).find((pattern) => covers(pattern, from)) ?? ''
  return (allowed[entry] ?? []).some((rule) => {
    if (rule === 'self') return from === to
    if (rule.startsWith('type:')) return typeOnly && covers(rule.slice(5), to)
    if (rule.startsWith('schema:')) return (typeOnly || schemaFile.test(target)) && covers(rule.slice(7), to)
    return covers(rule, to)
  })
}

/**
 * Every import of a source text: static, re-export, dynamic, type query, and the URL of a worker's entry file.
 * @param {string} text
 * @returns {{ specifier: string | undefined, typeOnly: boolean, line: number }[]}
 */
export function importsOf(text) {
  // Comments become blanks of the same length, so that line numbers hold and an example in a doc comment is no import.
  const code = text
    .replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/^[ \t]*\/\/.*$/gm, (comment) => ' '.repeat(comment.length))
  // A method may be named import: it is called with a dot before it, and declared with parameters that have types.
  const forms = [
    /^[ \t]*(?:import|export)[ \t]+(?<type>type[ \t\n]+(?!from\b))?(?<names>[^'"`;=()]*?)from\s*(?<quote>['"])(?<specifier>[^'"]+)\k<quote>/gm,
    /^[ \t]*import\s*(?<quote>['"])(?<specifier>[^'"]+)\k<quote>/gm,
    /(?<query>\btypeof\s+)?(?<![.#])\b(?:import|require(?:\.resolve)?)\s*\((?!\s*\w+\??:)\s*(?:(?<quote>['"`])(?<specifier>[^'"`$]+)\k<quote>)?/g,
    /\bnew\s+URL\s*\(\s*(?<quote>['"`])(?<specifier>\.[^'"`$]+\.js)\k<quote>/g,
  ]
  return forms.flatMap((form) =>
    [...code.matchAll(form)].map((match) => {
      const names = match.groups?.names?.trim() ?? ''
      const inner =
        /^\{([\s\S]*)\}$/
          .exec(names)?.[1]
          ?.split(',')
          .filter((name) => name.trim() !== '') ?? []
      const allTypes = inner.length > 0 && inner.every((name) => /^\s*type\s/.test(name))
      const typeOnly = match.groups?.type !== undefined || match.groups?.query !== undefined || allTypes
      return { specifier: match.groups?.specifier, typeOnly, line: code.slice(0, match.index).split('\n').length }
    }),
  )
}

/**
 * What is wrong with one import, or undefined.
 * @param {string} file
 * @param {string} from
 * @param {{ specifier: string | undefined, typeOnly: boolean }} imported
 * @returns {string | undefined}
 */
function judge(file, from, { specifier, typeOnly }) {
  if (specifier === undefined) return 'an import must name its module as a plain string'
  if (!specifier.startsWith('.')) {
    const [name, home] =
      Object.entries(packageHomes).find(([n]) => specifier === n || specifier.startsWith(`${n}/`)) ?? []
    if (home === undefined || file.startsWith(`${home}/`)) return undefined
    return `${name} may be imported only under ${home}`
  }
  const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts')
  if (!target.startsWith('src/')) return `${specifier} leaves src/`
  const to = layerOf(target)
  if (to === undefined) return `${target} belongs to no layer (see scripts/check-arrows.mjs)`
  if (mayImport(from, to, target, typeOnly)) return undefined
  const loose = typeOnly || !mayImport(from, to, target, true) ? '' : ' (an `import type` would be allowed)'
  return `${from} may not import ${to}: ${target}${loose}`
}

/**
 * Every violation, as `file:line message`.
 * @param {Record<string, string>} files source texts by path from the repository root, such as src/cli/main.ts
 * @returns {string[]}
 */
export function checkArrows(files) {
  /** @type {string[]} */
  const violations = []
  for (const [file, text] of Object.entries(files)) {
    const from = layerOf(file)
    const banned = file.split('/').find((part) => bannedNames.has(part.replace(/\..*$/, '')))
    if (banned !== undefined) violations.push(`${file}:1 ${banned} says nothing: name it after what it holds`)
    if (from === undefined) {
      violations.push(`${file}:1 belongs to no layer (see scripts/check-arrows.mjs)`)
      continue
    }
    for (const imported of importsOf(text)) {
      const wrong = judge(file, from, imported)
      if (wrong !== undefined) violations.push(`${file}:${imported.line} ${wrong}`)
    }
  }
  return violations
}

/** @param {string} root */
function readSources(root) {
  /** @type {Record<string, string>} */
  const files = {}
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.[cm]?[jt]sx?$/.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    files[relative(root, path).split(sep).join('/')] = readFileSync(path, 'utf8')
  }
  return files
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)))
  const violations = checkArrows(readSources(root))
  for (const violation of violations) console.error(violation)
  if (violations.length > 0) process.exitCode = 1
}
