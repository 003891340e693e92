import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, onTestFinished } from 'vitest'
import type { Cairn } from '../src/cairn.js'
import { CairnError } from '../src/errors.js'
import { type OpenOptions, openCairn } from '../src/open.js'
import { type TestClock, testClock } from './helpers/clock.js'
import { idCounter } from './helpers/ids.js'

export interface TestStore {
  /** The root handle. */
  cairn: Cairn
  /** Steps a millisecond at each reading, so that no two writes have the same time. */
  clock: TestClock
  path: string
  folder: string
}

type WhenDone = (cleanup: () => Promise<void>) => void

/**
 * A store in a folder of its own that runs in this process alone, with foreseeable times and ids. It is closed and
 * removed when the test is over, or when `whenDone` says: afterAll for a store that the tests of a describe share.
 */
export async function openStore(options: OpenOptions = {}, whenDone: WhenDone = onTestFinished): Promise<TestStore> {
  const folder = makeFolder(whenDone)
  const path = join(folder, 'store.db')
  const clock = testClock(Date.UTC(2026, 0, 1), 1)
  const defaults = { db: path, now: clock, newId: idCounter(), threads: false, durability: 'off' as const }
  const cairn = await openCairn({ ...defaults, ...options })
  whenDone(async () => {
    await cairn.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { cairn, clock, path, folder }
}

// A property that runs out of time leaves its last run on its way: the store of that run is waited for as well.
const inUse = new Set<Promise<unknown>>()
afterEach(async () => void (await Promise.allSettled(inUse)))

/** For properties, which need many stores in one test: closed and removed when `use` is through. */
export function withStore<T>(use: (store: TestStore) => Promise<T>, options: OpenOptions = {}): Promise<T> {
  const through = useOnce(use, options)
  inUse.add(through)
  return through.finally(() => inUse.delete(through))
}

async function useOnce<T>(use: (store: TestStore) => Promise<T>, options: OpenOptions): Promise<T> {
  const cleanups: (() => Promise<void>)[] = []
  try {
    return await use(await openStore(options, (cleanup) => cleanups.push(cleanup)))
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
}

/** A temporary folder that is removed when the test is over, or when `whenDone` says. */
export function makeFolder(whenDone: WhenDone = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-domain-'))
  whenDone(async () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs `act` while another connection holds the lock for writing, so that a store with busyTimeoutMs 0 cannot write. */
export async function whileLocked(path: string, act: () => Promise<void>): Promise<void> {
  const other = new Database(path)
  other.exec('begin immediate')
  try {
    await act()
  } finally {
    other.close()
  }
}

export type Outcome = { value: unknown } | { error: Pick<CairnError, 'code' | 'message' | 'hint' | 'details'> }

/** What a caller can see of a call: its answer, or all fields of its refusal. Anything but a `CairnError` is thrown on. */
export async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await call() }
  } catch (error) {
    if (!(error instanceof CairnError)) throw error
    const { code, message, hint, details } = error
    return { error: { code, message, ...(hint !== undefined && { hint }), ...(details !== undefined && { details }) } }
  }
}

/** All items of a list, page by page. */
export async function allPages<T>(
  list: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>,
): Promise<T[]> {
  const items: T[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await list(cursor)
    items.push(...page.items)
    if (page.next === null) return items
    cursor = page.next
  }
}
