// @ts-check
// A lock between processes that work on the same clone, so that two runs do not install or build at once.
import { createHash } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * Takes the lock if it is free: a hard link appears whole or not at all, so the file always names its holder.
 * @param {string} path
 * @param {string} own a file that holds this process's id
 */
function tryTake(path, own) {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    return false
  }
}

/**
 * Removes the lock of a process that is gone; returns whether it did.
 * @param {string} path
 * @param {string} own
 */
function dropIfStale(path, own) {
  const aside = `${own}.stale`
  try {
    if (isAlive(Number(readFileSync(path, 'utf8')))) return false
    renameSync(path, aside)
    // Another process may have replaced the stale lock between the look and the rename: then it is given back.
    const holder = Number(readFileSync(aside, 'utf8'))
    if (isAlive(holder)) tryTake(path, aside)
    else rmSync(`${path}.${holder}`, { force: true })
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
    return true
  } finally {
    rmSync(aside, { force: true })
  }
}

/**
 * Runs `work` while no other process holds the lock of this clone.
 * @template T
 * @param {string} root
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(root, work) {
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16)
  const path = join(tmpdir(), `cairn-ready-${key}.lock`)
  const own = `${path}.${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    for (let waited = false; !tryTake(path, own); ) {
      if (dropIfStale(path, own)) continue
      if (!waited) console.log('Waiting for another run to finish its install or build ...')
      waited = true
      await sleep(200)
    }
    try {
      return await work()
    } finally {
      rmSync(path, { force: true })
    }
  } finally {
    rmSync(own, { force: true })
  }
}
