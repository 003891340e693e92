import { rmSync } from 'node:fs'
import { afterAll } from 'vitest'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import type { Storage } from '../../../src/storage/storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { describeStorage } from '../contract/describe-storage.js'
import { damageCheckpoint } from './damage-checkpoint.js'
import { emptyStore } from './empty-store.js'

const newPath = useTempFolder()
const atPath = (path: string) => ({
  damage: (task: string, iteration: number, where: 'first byte' | 'last byte') =>
    damageCheckpoint(path, task, iteration, where),
})
const options = { create: true, durability: 'off', busyTimeoutMs: 10_000, maxPages: 0 } as const

describeStorage('SQLite on one thread', async () => {
  const path = newPath()
  const another = () => openSqliteStorage({ ...options, path, threads: false })
  const storage = await another()
  const done = async () => {
    await storage.close()
    rmSync(path)
  }
  return { storage, another, done, ...atPath(path) }
})

// Threads take long to start: these tests share a store and empty it after each.
let shared: Storage | undefined
afterAll(() => shared?.close())

describeStorage('SQLite with threads', async () => {
  const path = newPath('shared.db')
  const another = () => openSqliteStorage({ ...options, path, threads: true })
  shared ??= await another()
  return { storage: shared, another, done: () => emptyStore(path), ...atPath(path) }
})
