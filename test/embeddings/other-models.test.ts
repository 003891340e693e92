import { expect, it, onTestFinished } from 'vitest'
import { embeddingWork } from '../../src/embeddings/embedding-work.js'
import type { StoreModels } from '../../src/embeddings/store-models.js'
import type { SpaceRow } from '../../src/storage/embedding-store.js'
import { openSqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js'
import { author } from '../storage/contract/subject.js'
import { fakeEmbedder } from './fake-embedder.js'

const options = { path: ':memory:', create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false }

it('the model of the active space that could not be had is looked for again after a while', async () => {
  const storage = await openSqliteStorage({ ...options, durability: 'off' })
  let time = 1_000
  let looks = 0
  const models: StoreModels = {
    isNamed: true,
    choose: async () => ({ embedder: fakeEmbedder({ model: 'own' }) }),
    async chooseFor() {
      looks++
      return looks === 1 ? { reason: 'It cannot be loaded.', hint: '' } : { embedder: fakeEmbedder() }
    },
    check: async () => [],
  }
  const work = embeddingWork({ storage, models, now: () => time, author, background: false })
  onTestFinished(async () => {
    await work.close()
    await storage.close()
  })
  const space = { provider: 'custom', model: 'fake', dimensions: 8, documentPrefix: '', queryPrefix: '' }
  const rest = { createdAt: 1, activatedAt: 1, found: null, triedWith: 0 }
  const active: SpaceRow = { name: 'custom/fake/8', state: 'active', ...space, ...rest }
  const isThere = async (): Promise<boolean> => 'of' in (await work.queries(active))
  expect([await isThere(), await isThere(), looks]).toEqual([false, false, 1])
  time += 31_000
  expect([await isThere(), await isThere(), looks]).toEqual([true, true, 2])
})
