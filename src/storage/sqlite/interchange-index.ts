import type { Database } from 'better-sqlite3'
import { decodeJson } from '../../json.js'
import type { RowOf } from '../../ops/interchange.js'
import { eventScope, eventText, type ItemText, memoryScope, memoryText } from '../../search/index-text.js'
import type { SessionRow } from '../../sessions/session.js'
import { indexItem } from './search-index.js'

/** Puts an event that was imported where `events-write.ts` puts one that was appended. */
export function indexEvent(
  db: Database,
  ref: number,
  { id, app, user }: Pick<SessionRow, 'id' | 'app' | 'user'>,
  event: RowOf<'event'> & { text?: ItemText },
): void {
  const { type, actor, content, timestamp, text } = event
  const owner = JSON.stringify([app, user])
  const item = { kind: 'event' as const, ref, namespace: `session:${id}`, owner, type, time: timestamp }
  const words = text ?? eventText(actor, decodeJson(content))
  indexItem(db, item, { scope: eventScope({ session: id, owner: { app, user }, type }), ...words })
}

/** Puts a version that was imported where `memory-append.ts` puts one that was appended. */
export function indexMemory(db: Database, ref: number, memory: RowOf<'memory'> & { text?: ItemText }): void {
  const { namespace, key, type, value, recordedAt, text } = memory
  const item = { kind: 'memory' as const, ref, namespace, owner: null, type, time: recordedAt }
  indexItem(db, item, { scope: memoryScope(memory), ...(text ?? memoryText(key, decodeJson(value))) })
}
