import type { EmbeddingStore } from '../embedding-store.js'
import type { Calls } from './calls.js'

export function embeddingStore({ write, read, readLong }: Calls): EmbeddingStore {
  return {
    spaces: () => read('embeddings.spaces', undefined),
    progress: (input) => readLong('embeddings.progress', input),
    open: (input) => write('embeddings.open', input),
    activate: (input) => write('embeddings.activate', input),
    rollback: (input) => write('embeddings.rollback', input),
    drop: (input) => write('embeddings.drop', input),
    queue: (input) => write('embeddings.queue', input),
    hasDue: (input) => read('embeddings.hasDue', input),
    due: (input) => readLong('embeddings.due', input),
    save: (input) => write('embeddings.save', input),
    trialDue: (input) => readLong('embeddings.trialDue', input),
    trialSample: (input) => readLong('embeddings.trialSample', input),
    noteTrial: (input) => write('embeddings.noteTrial', input),
    prune: (input) => write('embeddings.prune', input),
    retry: (input) => write('embeddings.retry', input),
  }
}
