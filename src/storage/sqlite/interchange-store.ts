import { decodeJson } from '../../json.js'
import { eventText, memoryText } from '../../search/index-text.js'
import type { ImportRow, InterchangeStore } from '../interchange-store.js'
import type { Calls } from './calls.js'
import type { Snapshots } from './snapshots.js'

export function interchangeStore(
  { write, readLong }: Calls,
  snapshots: Snapshots,
  assertOpen: () => void,
): InterchangeStore {
  return {
    openSnapshot: async (scope) => {
      assertOpen()
      return snapshots.open(scope)
    },
    missing: (input) => readLong('interchange.missing', input),
    compare: (input) => readLong('interchange.compare', input),
    write: (input) => write('interchange.write', { ...input, rows: input.rows.map(withText) }),
  }
}

/** As in prepared-texts.ts: the calling thread prepares the words while the writer stores what came before. */
function withText(row: ImportRow): ImportRow {
  if (row.lookOnly === true) return row
  if (row.record === 'event') return { ...row, text: eventText(row.actor, decodeJson(row.content)) }
  if (row.record !== 'memory' || row.deleted === 1) return row
  return { ...row, text: memoryText(row.key, decodeJson(row.value)) }
}
