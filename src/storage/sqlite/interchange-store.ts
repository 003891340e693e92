import type { InterchangeStore } from '../interchange-store.js'
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
    keepStates: (input) => write('interchange.keepStates', input),
    write: (input) => write('interchange.write', input),
  }
}
