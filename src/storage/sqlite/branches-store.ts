import type { BranchStore } from '../branch-store.js'
import type { Calls } from './calls.js'
import { withEventTexts } from './prepared-texts.js'

export function branchStore({ write, read, readLong }: Calls): BranchStore {
  return {
    fork: (input) => write('sessions.fork', input),
    rewind: (input) => write('sessions.rewind', input),
    applyHistory: (input) => write('sessions.applyHistory', withEventTexts(input)),
    children: (input) => read('sessions.children', input),
    tree: (input) => readLong('sessions.tree', input),
    event: (input) => read('sessions.event', input),
  }
}
