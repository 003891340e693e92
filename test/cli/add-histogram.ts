import { addValue, emptyHistogram } from '../../src/observe/histogram.js'
import { openSqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js'

/** What processes that have been there for longer than a command have measured a moment ago. */
export async function addOperationTimes(path: string, name: string, millis: number[]): Promise<void> {
  const storage = await openSqliteStorage({
    ...{ path, create: false, durability: 'off', busyTimeoutMs: 5_000, maxPages: 0, threads: false },
  })
  const histogram = emptyHistogram()
  for (const value of millis) addValue(histogram, value)
  await storage.metrics.addHistograms({ minute: Date.now() - 60_000, histograms: [{ name, ...histogram }] })
  await storage.close()
}
