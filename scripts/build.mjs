// @ts-check
// Compiles src/ to dist/ and puts SQL files and assembled WebAssembly beside. The old dist/ stays until the new one is
// whole.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { assemble, isAssembled } from './assemble.mjs'
import { withLock } from './lock.mjs'

/**
 * Every file under a folder, sorted, as paths from the root.
 * @param {string} root
 * @param {string} folder
 */
function filesUnder(root, folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

/**
 * A hash over everything that dist/ is made from.
 * @param {string} root
 */
export function sourceHash(root) {
  const configs = readdirSync(root).filter((name) => /^tsconfig.*\.json$/.test(name))
  const hash = createHash('sha256')
  // What is assembled lies beside its source, and is in the hash by that.
  const sources = filesUnder(root, 'src').filter((file) => !file.includes('.wasm'))
  const scripts = ['assemble.mjs', 'build.mjs'].map((name) => join('scripts', name))
  for (const file of [...sources, ...configs.sort(), ...scripts]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

/**
 * Whether dist/ was built from the sources as they are now.
 * @param {string} root
 */
export function isBuilt(root) {
  const stamp = join(root, 'dist', '.stamp')
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash(root) && isAssembled(root)
}

/**
 * Builds; returns false when the compiler found errors, which it has printed.
 * @param {string} root
 */
export async function build(root) {
  const stamp = sourceHash(root)
  const fresh = join(root, 'node_modules', '.cairn-build')
  const dist = join(root, 'dist')
  rmSync(fresh, { recursive: true, force: true })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh]
  if (spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status !== 0) return false

  await assemble(root)
  const migration = new RegExp(['^src', 'storage', '(?:.*)migrations', '[^/\\\\]+\\.sql$'].join('[/\\\\]'))
  for (const file of filesUnder(root, 'src').filter((path) => migration.test(path) || path.endsWith('.wasm'))) {
    const target = join(fresh, ...file.split(sep).slice(1))
    mkdirSync(dirname(target), { recursive: true })
    cpSync(join(root, file), target)
  }
  const main = join(fresh, 'cli', 'main.js')
  if (existsSync(main)) chmodSync(main, 0o755)
  writeFileSync(join(fresh, '.stamp'), stamp)
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
  return true
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  const built = await withLock(root, () => build(root))
  if (!built) process.exitCode = 1
}
