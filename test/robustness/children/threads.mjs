// @ts-check
// What threads do to a process, one scenario at a time. Workers are seen by wrapping the class before Cairn is loaded.
import { createRequire, syncBuiltinESMExports } from 'node:module'
import process from 'node:process'

const [scenario, options] = process.argv.slice(2).map((arg) => JSON.parse(arg))
const print = (/** @type {unknown} */ line) => console.log(JSON.stringify(line))
process.on('unhandledRejection', (reason) => print({ unhandled: String(reason) }))

/** @type {{ role: string, worker: import('node:worker_threads').Worker }[]} */
const seen = []
const threads = createRequire(import.meta.url)('node:worker_threads')
threads.Worker = class extends threads.Worker {
  /**
   * @param {URL} url
   * @param {import('node:worker_threads').WorkerOptions} settings
   */
  constructor(url, settings) {
    super(url, scenario === 'outOfMemory' ? { ...settings, resourceLimits: { maxOldGenerationSizeMb: 24 } } : settings)
    seen.push({ role: settings.workerData.role, worker: /** @type {any} */ (this) })
  }
}
syncBuiltinESMExports()
const { openCairn } = await import('cairn-memory')

const cairn = await openCairn(options)
const last = (/** @type {string} */ role) => seen.findLast((thread) => thread.role === role)?.worker
const kill = (/** @type {string} */ role) => last(role)?.terminate()
const fact = (/** @type {string} */ key, /** @type {import('cairn-memory').Json} */ value = `pebble ${key}`) =>
  cairn.memories.add({ namespace: 'user:alice', key, value, type: 'semantic' })
const many = (/** @type {string} */ prefix, /** @type {number} */ count) =>
  Array.from({ length: count }, (_, i) => fact(`${prefix}${i}`))

/** @param {Promise<{ key: string }>[]} writes */
async function outcomes(writes) {
  const settled = await Promise.allSettled(writes)
  const stored = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.key] : []))
  const refusals = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  const codes = new Set(refusals.map(({ code, hint }) => (hint ? code : `${code} without a hint`)))
  return { stored, refused: refusals.length, codes: [...codes] }
}

/** @type {Record<string, () => Promise<unknown>>} */
const scenarios = {
  async writerDies() {
    await fact('first')
    const writes = many('k', 2000)
    await Promise.race(writes)
    const killed = kill('writer')
    const outcome = await outcomes(writes)
    await killed
    await fact('after')
    return { ...outcome, stored: ['first', ...outcome.stored, 'after'], threads: seen.length }
  },

  async writerDiesAgainAndAgain() {
    /** @type {string[]} */
    const stored = []
    for (let round = 0; round < 5; round++) {
      const writes = many(`${round}-`, 200)
      setImmediate(() => kill('writer'))
      stored.push(...(await outcomes(writes)).stored)
    }
    return { stored }
  },

  async writerDiesIdle() {
    await fact('first')
    await kill('writer')
    await fact('after')
    return { stored: ['first', 'after'] }
  },

  async readerDies() {
    await fact('first')
    await cairn.search('pebble')
    const searches = Array.from({ length: 50 }, () => cairn.search('pebble'))
    const killed = kill('reader')
    const settled = await Promise.allSettled(searches)
    await killed
    const codes = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
    return { stored: ['first'], codes: [...new Set(codes)], found: (await cairn.search('pebble')).hits.length }
  },

  async outOfMemory() {
    await fact('first')
    // One write that is larger than the thread may be: of many it would have stored some before the next ones came.
    const large = Array.from({ length: 200 }, (_, i) => ({
      ...{ namespace: 'user:alice', key: `large${i}`, type: /** @type {const} */ ('semantic') },
      value: Array.from({ length: 50_000 }, (_, j) => j + i),
    }))
    const added = cairn.memories.addMany(large).then(() => ({ key: 'large0' }))
    const outcome = await outcomes([added])
    await fact('after')
    return { ...outcome, stored: ['first', ...outcome.stored, 'after'] }
  },

  async diesWhileClosing() {
    const writes = many('k', 500)
    const closed = cairn.close()
    setImmediate(() => setImmediate(() => kill('writer')))
    const outcome = await outcomes(writes)
    await closed
    return { stored: outcome.stored }
  },

  async neverCloses() {
    const outcome = await outcomes(many('k', 50))
    await cairn.search('pebble')
    await cairn.info()
    return { stored: outcome.stored }
  },

  async onlyOpens() {
    return { stored: [] }
  },

  async doesNotWait() {
    for (const write of many('k', 300)) write.catch((error) => print({ unhandled: error.message }))
    return { stored: Array.from({ length: 300 }, (_, i) => `k${i}`) }
  },

  async exitsInTheMiddle() {
    for (const write of many('k', 2000)) void write.then(({ key }) => print({ stored: [key] }))
    await fact('last').then(({ key }) => print({ stored: [key] }))
    process.exit(0)
  },

  async exitsAtTheFirst() {
    const writes = many('k', 2000)
    const { key } = await Promise.race(writes)
    print({ stored: [key] })
    process.exit(0)
  },

  async closesWithAQueue() {
    const writes = many('k', 1000)
    await cairn.close()
    return outcomes(writes)
  },

  async closesWithBackgroundLines() {
    await fact('first')
    for (let i = 0; i < 100; i++) await cairn.memories.get('user:alice', 'first')
    const reads = Array.from({ length: 100 }, () => cairn.memories.get('user:alice', 'first').catch(() => null))
    await cairn.close()
    await Promise.all(reads)
    return { stored: ['first'] }
  },

  async losesBackgroundLines() {
    await fact('first')
    const reads = Array.from({ length: 500 }, () => cairn.memories.get('user:alice', 'first'))
    await Promise.all(reads)
    await kill('writer')
    return { stored: ['first'] }
  },
}

print(await scenarios[scenario]?.())
