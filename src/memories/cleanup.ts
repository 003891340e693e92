import { isRoot } from '../access/principal.js'
import { parse } from '../parse.js'
import type { MemoryContext } from './memory-context.js'
import { type CleanupOptions, cleanupOptionsSchema } from './memory-inputs.js'

const dayMillis = 86_400_000
const batch = 500

export async function cleanupExpired({ storage, guard }: MemoryContext, options: CleanupOptions): Promise<number> {
  if (!isRoot(guard.caller)) {
    throw await guard.rootRefusal('clean up expired memories', { subject: 'memory', operation: 'expire' })
  }
  const { ttlDays } = parse(cleanupOptionsSchema, options, 'cleanupExpired')
  for (let total = 0; ; ) {
    const author = guard.author()
    const episodicBefore = ttlDays === undefined ? null : author.now - ttlDays * dayMillis
    const count = await storage.memories.expire({ episodicBefore, limit: batch, author })
    total += count
    if (count < batch) return total
  }
}
