// @ts-check
// Assembles each src/**/*.wat to a .wasm beside it, which git ignores. Usage: node scripts/assemble.mjs
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * The WebAssembly texts of a clone.
 * @param {string} root
 */
function textsUnder(root) {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.wat'))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** @param {string} text */
const binaryPath = (text) => text.replace(/\.wat$/, '.wasm')

/**
 * Whether every text has been assembled at some time.
 * @param {string} root
 */
export function isAssembled(root) {
  return textsUnder(root).every((text) => existsSync(binaryPath(text)))
}

/**
 * Assembles all, and writes what has changed. Another process may be reading, so that a file is replaced whole.
 * @param {string} root
 */
export async function assemble(root) {
  const texts = textsUnder(root)
  if (texts.length === 0) return
  const { default: loadAssembler } = await import('wabt')
  const assembler = await loadAssembler()
  for (const text of texts) {
    const parsed = assembler.parseWat(text, readFileSync(text, 'utf8'))
    const bytes = parsed.toBinary({}).buffer
    parsed.destroy()
    const path = binaryPath(text)
    if (existsSync(path) && Buffer.compare(readFileSync(path), bytes) === 0) continue
    const fresh = `${path}.${process.pid}`
    writeFileSync(fresh, bytes)
    renameSync(fresh, path)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await assemble(dirname(dirname(fileURLToPath(import.meta.url))))
}
