import type { AuditStore } from '../audit-store.js'
import type { MemoryStore } from '../memory-store.js'
import type { SearchStore } from '../search-store.js'
import type { SessionStore } from '../session-store.js'
import { fullAppends, fullStamps } from './answers.js'
import { branchStore } from './branches-store.js'
import type { Calls } from './calls.js'
import { memoryChangeStore } from './memory-changes-store.js'
import { withEventTexts, withMemoryTexts } from './prepared-texts.js'
import { areShortEvents, isShortAuditList, isShortMemoryList, isShortSessionList } from './short-reads.js'

export function memoryStore(calls: Calls): MemoryStore {
  const { write, read, readLong } = calls
  return {
    ...memoryChangeStore(calls),
    add: async (input) => fullStamps(input, await write('memories.add', withMemoryTexts(input))),
    update: (input) => write('memories.update', input),
    delete: async (input) => (await write('memories.delete', input)) ?? undefined,
    restore: (input) => write('memories.restore', input),
    rollback: (input) => write('memories.rollback', input),
    expire: (input) => write('memories.expire', input),
    get: (input) => read('memories.get', input),
    list: (input) => (isShortMemoryList(input) ? read : readLong)('memories.list', input),
    history: (input) => read('memories.history', input),
    namespaces: (input) => readLong('memories.namespaces', input),
  }
}

export function sessionStore(calls: Calls): SessionStore {
  const { write, read, readLong } = calls
  return {
    ...branchStore(calls),
    create: (input) => write('sessions.create', input),
    append: async (input) => fullAppends(input, await write('sessions.append', withEventTexts(input))),
    setStatus: (input) => write('sessions.setStatus', input),
    delete: (input) => write('sessions.delete', input),
    get: (input) => read('sessions.get', input),
    list: (input) => (isShortSessionList(input) ? read : readLong)('sessions.list', input),
    events: (input) => (areShortEvents(input) ? read : readLong)('sessions.events', input),
    state: (input) => read('sessions.state', input),
  }
}

export function searchStore({ readLong }: Calls): SearchStore {
  return {
    lexical: (input) =>
      readLong('search.lexical', input, (input.mode ?? 'lexical') === 'lexical' ? undefined : 'vectors'),
    similar: (input) => readLong('search.similar', input, input.mode === 'lexical' ? undefined : 'vectors'),
  }
}

export function auditStore({ write, read, readLong }: Calls): AuditStore {
  return {
    record: async (input) => void (await write('audit.record', input)),
    list: (input) => (isShortAuditList(input) ? read : readLong)('audit.list', input),
  }
}
