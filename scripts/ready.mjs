// @ts-check
// Makes a clone ready to run: installs the dependencies when they are missing or stale and, with --build, builds
// dist/ when it is missing or stale. Prints nothing when there is nothing to do.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { build, isBuilt } from './build.mjs'
import { withLock } from './lock.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampPath = join(root, 'node_modules', '.cairn-ready')

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** A hash over everything that decides what is in node_modules; the package's own version and scripts do not. */
function dependencyHash() {
  const { dependencies, devDependencies, optionalDependencies, overrides, allowScripts } = readJson(
    join(root, 'package.json'),
  )
  const { '': _self, ...locked } = readJson(join(root, 'package-lock.json')).packages
  const wanted = [dependencies, devDependencies, optionalDependencies, overrides, allowScripts, locked]
  const runtime = [process.versions.modules, process.versions.node.split('.')[0], process.platform, process.arch]
  return createHash('sha256')
    .update(JSON.stringify([wanted, runtime]))
    .digest('hex')
}

/** Whether what is installed is what the lockfile asks for, for example after a plain `npm install`. */
function isInstalled() {
  const installedPath = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedPath)) return false
  const installed = readJson(installedPath).packages
  const { '': _self, ...locked } = readJson(join(root, 'package-lock.json')).packages
  for (const [path, entry] of Object.entries(locked)) {
    const there = installed[path]?.version === entry.version && existsSync(join(root, path, 'package.json'))
    if (!there && !entry.optional) return false
  }
  if (locked['node_modules/better-sqlite3'] === undefined) return true
  const probe = "new (require('better-sqlite3'))(':memory:').close()"
  return spawnSync(process.execPath, ['-e', probe], { cwd: root, stdio: 'ignore' }).status === 0
}

function isReady() {
  return existsSync(stampPath) && readFileSync(stampPath, 'utf8') === dependencyHash()
}

/** Installs from the lockfile; returns false when that failed. */
function install() {
  if (isReady()) return true
  if (!isInstalled()) {
    console.log('Installing dependencies (the first time, building SQLite takes about two minutes) ...')
    // For npm before 11, which knows no allowScripts: a part for graphics cards that no test needs is not downloaded.
    const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
    const options = { cwd: root, env, stdio: /** @type {const} */ ('inherit'), shell: process.platform === 'win32' }
    if (spawnSync('npm', ['ci', '--include=dev'], options).status !== 0) return false
  }
  if (existsSync(join(root, 'node_modules'))) writeFileSync(stampPath, dependencyHash())
  return true
}

/** Builds dist/ if asked to; returns false when that failed. */
async function buildIfStale() {
  if (isBuilt(root)) return true
  console.log('Building dist/ ...')
  return build(root)
}

const wantsBuild = process.argv.includes('--build')
if (!isReady() || (wantsBuild && !isBuilt(root))) {
  const done = await withLock(root, () => install() && (!wantsBuild || buildIfStale()))
  if (!done) process.exitCode = 1
}
