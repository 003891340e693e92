import { afterEach, beforeEach, describe } from 'vitest'
import type { Storage } from '../../../src/storage/storage.js'
import { describeAgents } from './agents.js'
import { describeAudit } from './audit.js'
import { describeBranchModel } from './branch-model.js'
import { describeBranches } from './branches.js'
import { describeCheckpoints } from './checkpoints.js'
import { describeDocuments, describeFolders } from './documents.js'
import { describeEmbeddedChanges } from './embedding-changes.js'
import { describeEmbeddingJobs } from './embedding-jobs.js'
import { describeSpaces } from './embedding-spaces.js'
import { describeEvents } from './events.js'
import { describeExpiry } from './expiry.js'
import { describeInterchange } from './interchange.js'
import { describeMemoryChanges } from './memory-changes.js'
import { describeMemoryLists } from './memory-lists.js'
import { describeMemoryReads } from './memory-reads.js'
import { describeMemoryWrites } from './memory-writes.js'
import { describeLeases, describeMetrics } from './metrics.js'
import { describeSearch } from './search.js'
import { describeSearchScope } from './search-scope.js'
import { describeSessionStatus } from './session-status.js'
import { describeSessions } from './sessions.js'
import { describeState } from './state.js'
import { describeStore } from './store.js'
import type { OpenedStore, Subject } from './subject.js'
import { describeTaskChanges } from './task-changes.js'
import { describeTaskClaims } from './task-claims.js'
import { describeTaskLists } from './task-lists.js'
import { describeTaskSubmits } from './task-submits.js'
import { describeTwoClocks } from './two-clocks.js'

/** What every adapter of `Storage` must do, in full and in the same words. Each test gets an empty store of its own. */
export function describeStorage(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    let opened: OpenedStore
    let others: Storage[]
    beforeEach(async () => {
      opened = await open()
      others = []
    })
    afterEach(async () => {
      await Promise.all(others.map((storage) => storage.close()))
      await opened.done()
    })
    const subject: Subject = {
      get storage() {
        return opened.storage
      },
      async another() {
        const storage = await opened.another()
        others.push(storage)
        return storage
      },
      damage: (...place) => opened.damage(...place),
    }
    describe('memories: writing', () => describeMemoryWrites(subject))
    describe('memories: reading one', () => describeMemoryReads(subject))
    describe('memories: lists', () => describeMemoryLists(subject))
    describe('memories: the two clocks', () => describeTwoClocks(subject))
    describe('memories: expiry', () => describeExpiry(subject))
    describe('memories: changes', () => describeMemoryChanges(subject))
    describe('sessions', () => describeSessions(subject))
    describe('sessions: events', () => describeEvents(subject))
    describe('sessions: state', () => describeState(subject))
    describe('sessions: status', () => describeSessionStatus(subject))
    describe('sessions: branches', () => describeBranches(subject))
    describe('sessions: branches, any number of steps', () => describeBranchModel(subject))
    describe('checkpoints', () => describeCheckpoints(subject))
    describe('metrics', () => describeMetrics(subject))
    describe('leases', () => describeLeases(subject))
    describe('documents', () => describeDocuments(subject))
    describe('documents: folders', () => describeFolders(subject))
    describe('embeddings: spaces', () => describeSpaces(subject))
    describe('embeddings: jobs', () => describeEmbeddingJobs(subject))
    describe('embeddings: changes', () => describeEmbeddedChanges(subject))
    describe('search', () => describeSearch(subject))
    describe('search: scope', () => describeSearchScope(subject))
    describe('tasks: submitting', () => describeTaskSubmits(subject))
    describe('tasks: claiming and answering', () => describeTaskClaims(subject))
    describe('tasks: changing', () => describeTaskChanges(subject))
    describe('tasks: lists', () => describeTaskLists(subject))
    describe('agents', () => describeAgents(subject))
    describe('audit', () => describeAudit(subject))
    describe('interchange', () => describeInterchange(subject))
    describe('the store', () => describeStore(subject))
  })
}
