import type { MemoryChangeStore } from '../memory-change-store.js'
import type { Calls } from './calls.js'

export function memoryChangeStore({ write, read, readLong }: Calls): MemoryChangeStore {
  return {
    compare: (input) => readLong('memories.compare', input),
    undoPreview: (input) => readLong('memories.undoPreview', input),
    undo: (input) => write('memories.undo', input),
    publish: (input) => write('memories.publish', input),
    link: (input) => write('memories.link', input),
    origins: (input) => read('memories.origins', input),
    seed: (input) => write('memories.seed', input),
    fromOrigin: (input) => readLong('memories.fromOrigin', input),
  }
}
