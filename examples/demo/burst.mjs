import { rm } from 'node:fs/promises'
import { openCairn } from 'cairn-memory'

const size = 1000

/**
 * Adds a thousand small memories to a store of its own without waiting for one another, as many agents would: the
 * writer commits what has queued up together. Returns how many there were and how long they took.
 */
export async function measureBurst(file) {
  const cairn = await openCairn(file)
  try {
    const add = (key) =>
      cairn.memories.add({ namespace: 'app:demo:burst', key, value: { text: `Memory ${key}` }, type: 'semantic' })
    await add('the first one starts the writer')
    const start = performance.now()
    await Promise.all(Array.from({ length: size }, (_, index) => add(String(index))))
    return { count: size, ms: performance.now() - start }
  } finally {
    await cairn.close()
    for (const end of ['', '-wal', '-shm']) await rm(`${file}${end}`, { force: true })
  }
}
