// @ts-check
// Draws docs/pictures/layers.svg from src/: the modules are the folders that are there, and an arrow is drawn where one
// layer imports another. Usage: node scripts/draw-layers.mjs [--check] (only say whether the picture is up to date)
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { importsOf } from './check-arrows.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, 'docs', 'pictures', 'layers.svg')

/** The layers from the top down; a source file belongs to the first whose pattern it fits. */
const layers = [
  { name: 'interfaces', files: /^(cli|mcp|http|integrations)\//, does: 'parse, call one method, print' },
  { name: 'root', files: /^(cairn|open|config)\.ts$/, does: 'a handle for each principal' },
  { name: 'domain', files: /^(?!storage\/)[\w-]+\//, does: 'rules, types, pure functions; no SQL' },
  { name: 'contract', files: /^storage\/[^/]+$/, does: 'what a store must do, in atomic steps' },
  { name: 'adapters', files: /^storage\/[^/]+\//, does: 'SQL, migrations, threads' },
]

/** What a module is for, in the few words that fit. One that is missing here is drawn without. */
const words = {
  cli: 'the cairn command',
  mcp: 'tools for agents',
  http: 'a web server',
  cairn: 'the handle',
  open: 'wires it all',
  config: 'the settings',
  access: 'who may what',
  audit: 'the trail',
  memories: 'on two clocks',
  search: 'words, ranking',
  sessions: 'events, state',
  vectors: 'codes, nearest',
  storage: 'the contract',
  migrate: 'which are due',
  sqlite: 'one file; a writer thread that commits in groups, and readers beside it',
}

const box = { width: 880, left: 26, label: 182, row: 92, card: 62, gap: 14 }

/** Every source file of a layer, as paths from src/. */
function readLayers() {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
  return layers
    .map((layer) => ({ ...layer, sources: files.filter((path) => layerOf(path) === layer.name) }))
    .filter(({ sources }) => sources.length > 0)
}

/** @param {string} path */
function layerOf(path) {
  return layers.find(({ files }) => files.test(path))?.name
}

/**
 * The names of what a layer is made of: folders, or files where it has none.
 * @param {{ name: string, sources: string[] }} layer
 */
function modulesOf({ name, sources }) {
  const depth = name === 'adapters' ? 1 : 0
  const names = sources.map((path) => path.split('/'))
  const own = name === 'contract' ? names.map((parts) => parts.at(-1)) : names.map((parts) => parts[depth])
  return [...new Set(own.map((part) => (part ?? '').replace(/\.ts$/, '')))]
}

/**
 * Whether a file of the one layer imports one of the other.
 * @param {{ sources: string[] }} from
 * @param {string} to
 */
function imports({ sources }, to) {
  return sources.some((path) =>
    importsOf(readFileSync(join(root, 'src', path), 'utf8')).some(({ specifier }) => {
      if (!specifier?.startsWith('.')) return false
      return layerOf(posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')) === to
    }),
  )
}

/** @param {ReturnType<typeof readLayers>} found */
function draw(found) {
  const rows = found.map((layer, index) => drawLayer(layer, 20 + index * box.row)).join('')
  const arrows = found.slice(1).map((lower, index) => drawArrow([found[index], lower], 20 + (index + 1) * box.row))
  const below = 20 + found.length * box.row
  const file = `<path class="down" d="M ${box.label + 200} ${below - 27} v 19"/>
<rect class="store" x="${box.label}" y="${below - 3}" width="${box.width - box.label - box.left - 14}" height="28" rx="6"/>
<text class="name" x="${box.label + 12}" y="${below + 16}">cairn.db</text>
<text class="note" x="${box.label + 92}" y="${below + 16}">rows, full text and audit trail, in one transaction and one file</text>
`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${box.width} ${below + 44}" width="${box.width}" height="${below + 44}" role="img"
  font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif">
<title>The layers of Cairn: interfaces, root, domain, contract, adapters</title>
<style>
  .page { fill: #ffffff; stroke: #d0d7de }
  .band { fill: #f6f8fa }
  .card { fill: #ddf4ff; stroke: #54aeff }
  .store { fill: #dafbe1; stroke: #4ac26b }
  .layer, .name { fill: #1f2328; font-weight: 600; font-size: 15px }
  .note { fill: #59636e; font-size: 12px }
  .down { stroke: #59636e; stroke-width: 1.6; fill: none; marker-end: url(#down) }
  .up { stroke: #1a7f37; stroke-width: 1.6; fill: none; marker-end: url(#up) }
  .upward { fill: #1a7f37; font-size: 12px }
  #down path { fill: #59636e } #up path { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d }
    .band { fill: #161b22 }
    .card { fill: #12283f; stroke: #388bfd }
    .store { fill: #12261e; stroke: #2ea043 }
    .layer, .name { fill: #f0f6fc }
    .note { fill: #9198a1 }
    .down { stroke: #9198a1 } #down path { fill: #9198a1 }
    .up { stroke: #3fb950 } .upward, #up path { fill: #3fb950 }
  }
</style>
<defs>
  <marker id="down" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0 8 4 0 8z"/></marker>
  <marker id="up" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0 8 4 0 8z"/></marker>
</defs>
<rect class="page" x=".5" y=".5" width="${box.width - 1}" height="${below + 43}" rx="10"/>
${rows}${arrows.join('')}${file}</svg>
`
}

/**
 * @param {ReturnType<typeof readLayers>[number]} layer
 * @param {number} y
 */
function drawLayer(layer, y) {
  const modules = modulesOf(layer)
  const room = box.width - box.label - box.left - 14
  const width = Math.floor((room - box.gap * (modules.length - 1)) / modules.length)
  const cards = modules.map((name, index) => {
    const x = box.label + index * (width + box.gap)
    const note = /** @type {Record<string, string>} */ (words)[name] ?? ''
    return `<rect class="card" x="${x}" y="${y + 8}" width="${width}" height="${box.card - 16}" rx="6"/>
<text class="name" x="${x + 12}" y="${y + 27}">${name}${isFile(layer.name) ? '.ts' : ''}</text>
<text class="note" x="${x + 12}" y="${y + 44}">${note}</text>
`
  })
  const [first = '', rest = ''] = split(layer.does)
  return `<rect class="band" x="14" y="${y}" width="${box.width - 28}" height="${box.card}" rx="8"/>
<text class="layer" x="${box.left}" y="${y + 20}">${layer.name}</text>
<text class="note" x="${box.left}" y="${y + 37}">${first}</text>
<text class="note" x="${box.left}" y="${y + 52}">${rest}</text>
${cards.join('')}`
}

/** @param {string} layer */
function isFile(layer) {
  return layer === 'root' || layer === 'contract'
}

/**
 * Two lines of about the same length.
 * @param {string} text
 */
function split(text) {
  const cut = text.lastIndexOf(' ', 25)
  return text.length <= 25 ? [text] : [text.slice(0, cut), text.slice(cut + 1)]
}

/**
 * The arrow between a layer and the one above it: down where the upper imports the lower, up where it is the other way.
 * @param {(ReturnType<typeof readLayers>[number] | undefined)[]} pair the upper and the lower one
 * @param {number} y where the lower one begins
 */
function drawArrow([upper, lower], y) {
  if (upper === undefined || lower === undefined) return ''
  const x = box.label + 200
  const top = y - (box.row - box.card) + 3
  if (imports(upper, lower.name)) return `<path class="down" d="M ${x} ${top} V ${y - 4}"/>\n`
  if (!imports(lower, upper.name)) return ''
  return `<path class="up" d="M ${x} ${y - 3} V ${top + 1}"/>\n<text class="upward" x="${x + 12}" y="${y - 11}">implement it; only open.ts knows which</text>\n`
}

const picture = draw(readLayers())
if (process.argv.includes('--check')) {
  const isCurrent = existsSync(target) && readFileSync(target, 'utf8') === picture
  if (!isCurrent) console.error('docs/pictures/layers.svg is out of date: run node scripts/draw-layers.mjs')
  process.exitCode = isCurrent ? 0 : 1
} else {
  writeFileSync(target, picture)
}
