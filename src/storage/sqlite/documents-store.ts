import type { DocumentStore } from '../document-store.js'
import type { Calls } from './calls.js'

export function documentStore({ write, read, readLong }: Calls): DocumentStore {
  return {
    claimFolder: (input) => write('documents.claimFolder', input),
    finishFolder: async (input) => void (await write('documents.finishFolder', input)),
    put: (input) => write('documents.put', input),
    note: async (input) => void (await write('documents.note', input)),
    removeFiles: (input) => write('documents.removeFiles', input),
    remove: (input) => write('documents.remove', input),
    files: (input) => readLong('documents.files', input),
    list: (input) => read('documents.list', input),
    find: (input) => read('documents.find', input),
    chunks: (input) => readLong('documents.chunks', input),
    folders: (input) => readLong('documents.folders', input),
  }
}
