// @ts-check
// Draws pictures of what the demo prints, for the pages. Usage: node scripts/draw-demo.mjs [picture ...]
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { graphemes } from '../examples/demo/text-width.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pictures = {
  demo: { acts: [3, 5], title: 'What npm run demo prints about time and about two users' },
  swarm: { acts: [8], title: 'What npm run demo prints about a planner and four workers' },
  documents: { acts: [9], title: 'What npm run demo prints about the pages of this project' },
}
const columns = 92
const cell = { width: 8.4, height: 19 }
const margin = 18
/** Colours by their number in the escape codes, on a dark ground of our own: legible on any page. */
const colors = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 35: '#d2a8ff', 36: '#79c0ff' }
const escapeCharacter = String.fromCharCode(27)
const ink = '#e6edf3'
const ground = '#161b22'

/** @typedef {{ fill: string, bold: boolean, dim: boolean, underline: boolean }} Style */

/** What the demo prints, act by act. */
function runDemo() {
  const env = { ...process.env, NO_COLOR: '', FORCE_COLOR: '1', COLUMNS: String(columns), TERM: 'xterm' }
  const demo = join(root, 'examples', 'demo', 'demo.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the demo failed: ${stderr}`)
  return stdout.split(/\n(?=[^\n]*━━ \d)/)
}

/**
 * @param {string[]} parts
 * @param {number[]} acts
 */
function linesOf(parts, acts) {
  const lines = parts
    .filter((part) => acts.some((act) => part.includes(`━━ ${act} `)))
    .flatMap((part) => part.split('\n'))
  while (lines.at(-1)?.trim() === '') lines.pop()
  while (lines[0]?.trim() === '') lines.shift()
  return lines
}

/**
 * One line as drawn elements; escape codes change the style of what follows.
 * @param {string} line
 * @param {number} row
 */
function drawLine(line, row) {
  const style = { fill: ink, bold: false, dim: false, underline: false }
  const y = margin + row * cell.height
  let column = 0
  let drawn = ''
  for (const part of line.split(new RegExp(`(${escapeCharacter}\\[\\d+m)`))) {
    const code = part.startsWith(escapeCharacter) ? /(\d+)m$/.exec(part)?.[1] : undefined
    if (code !== undefined) {
      restyle(style, Number(code))
      continue
    }
    for (const run of runsOf(part)) {
      drawn += drawRun(run, { column, y, style })
      column += run.columns
    }
  }
  return drawn
}

/**
 * What is drawn as one piece: rules as lines; words up to the next gap; wide characters one by one, since fonts disagree
 * about their widths.
 * @param {string} text
 */
function runsOf(text) {
  /** @type {{ kind: 'rule' | 'wide' | 'gap' | 'text', text: string, columns: number }[]} */
  const runs = []
  for (const [part] of text.matchAll(/ {2,}|^ | $|(?<=━) | (?=━)|━+|(?:(?! {2}| $| ━)[^━])+/gu)) {
    const parts = graphemes(part)
    const columns = parts.reduce((sum, { width }) => sum + width, 0)
    const kind = part.startsWith('━') ? 'rule' : part.trim() === '' ? 'gap' : 'text'
    if (columns === parts.length) runs.push({ kind, text: part, columns })
    else for (const { segment, width } of parts) runs.push({ kind: 'wide', text: segment, columns: width })
  }
  return runs
}

/**
 * @param {ReturnType<typeof runsOf>[number]} run
 * @param {{ column: number, y: number, style: Style }} place
 */
function drawRun({ kind, text, columns: width }, { column, y, style }) {
  const x = (margin + column * cell.width).toFixed(1)
  const length = (width * cell.width).toFixed(1)
  const opacity = style.dim ? ' opacity=".6"' : ''
  if (kind === 'rule') {
    return `<rect x="${x}" y="${y + 9}" width="${length}" height="2" fill="${style.fill}"${opacity}/>\n`
  }
  if (kind === 'gap') return ''
  const weight = style.bold ? ' font-weight="bold"' : ''
  const line = style.underline ? ' text-decoration="underline"' : ''
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<text x="${x}" y="${y + 14}" textLength="${length}" fill="${style.fill}"${opacity}${weight}${line}>${escaped}</text>\n`
}

/**
 * @param {Style} style
 * @param {number} code
 */
function restyle(style, code) {
  if (code === 1) style.bold = true
  else if (code === 2) style.dim = true
  else if (code === 4) style.underline = true
  else if (code === 22) Object.assign(style, { bold: false, dim: false })
  else if (code === 24) style.underline = false
  else style.fill = colors[/** @type {keyof typeof colors} */ (code)] ?? ink
}

/**
 * @param {string[]} lines
 * @param {string} title
 */
function drawPicture(lines, title) {
  const width = Math.ceil(columns * cell.width + margin * 2)
  const height = lines.length * cell.height + margin * 2
  const body = lines.map(drawLine).join('').replaceAll(/^ +/gm, '')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"
  font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" role="img">
<title>${title}</title>
<rect width="100%" height="100%" rx="10" fill="${ground}" stroke="#57606a"/>
${body}</svg>
`
}

const parts = runDemo()
const wanted = process.argv.slice(2)
for (const [name, { acts, title }] of Object.entries(pictures)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const target = join(root, 'docs', 'pictures', `${name}.svg`)
  const lines = linesOf(parts, acts)
  const svg = drawPicture(lines, title)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, svg)
  console.log(`${target.slice(root.length + 1)}: ${lines.length} lines, ${(svg.length / 1000).toFixed(0)} KB`)
}
