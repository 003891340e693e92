import type { Database } from 'better-sqlite3'
import type { MemoryRow } from '../../memories/memory.js'
import type { NewMemory } from '../memory-store.js'
import type { Author } from '../storage.js'
import { appendFirst } from './memory-append.js'
import { latestVersion } from './memory-rows.js'

export function seedMemories(
  db: Database,
  { entries, author }: { entries: NewMemory[]; author: Author },
): (MemoryRow | null)[] {
  return entries.map((entry) => (appendFirst(db, entry, author) ? null : (latestVersion(db, entry) ?? null)))
}
