// A thousand iterations of a state of one megabyte, of which each changes one part in a hundred: what a put takes, what
// all of them take on disk, and what reading any of them takes.
import { openCairn } from '../../dist/index.js'
import { makeTexts } from './rows.mjs'
import { median, quantile, round, timeEach } from './statistics.mjs'
import { copies } from './stores.mjs'

const iterations = 1_000
const items = 4_000
const changes = items / 100

export async function measureCheckpoints(context) {
  const [path] = copies(context.folder, context.mainStore, ['checkpoints'])
  const { random, text } = makeTexts(31)
  const note = () => text(28).slice(0, 200 + Math.floor(random() * 50))
  const state = { items: Array.from({ length: items }, (_, id) => ({ id, role: 'agent', note: note() })) }
  const change = () => {
    for (let i = 0; i < changes; i++) state.items[Math.floor(random() * items)].note = note()
  }
  const cairn = await openCairn(path)
  await cairn.tasks.submit({ id: 't1', prompt: 'Take notes' })
  const puts = []
  for (let iteration = 1; iteration <= iterations; iteration++) {
    change()
    puts.push(...(await timeEach(1, () => cairn.checkpoints.put('t1', iteration, state))))
  }
  // The thousandth, again and again: each time one iteration on.
  const late = puts.slice(-500)
  let bytes = 0
  let stored = 0
  for (let cursor; cursor !== null; ) {
    const page = await cairn.checkpoints.list('t1', { limit: 1000, ...(cursor && { cursor }) })
    for (const item of page.items) {
      bytes += item.bytes
      stored += item.storedBytes
    }
    cursor = page.next
  }
  const gets = await timeEach(300, () => cairn.checkpoints.get('t1', 1 + Math.floor(random() * iterations)))
  await cairn.close()
  const p = (values, q) => round(quantile(values, q), 2)
  return [
    {
      operation: `put of a ${round(bytes / iterations / 1e6, 2)} MB state, 1 % changed, at the 1,000th iteration, p50`,
      measured: `p50 ${p(late, 0.5)}, p99 ${p(late, 0.99)} ms`,
      value: p(late, 0.5),
      atMost: 5,
    },
    { operation: 'the same, p99', measured: `${p(late, 0.99)} ms`, value: p(late, 0.99), atMost: 5 },
    {
      operation: '1,000 states against whole copies',
      measured: `${round(stored / 1e6, 1)} of ${round(bytes / 1e6, 0)} MB`,
      value: round(stored / bytes, 4),
      atMost: 0.05,
    },
    {
      operation: 'get of any iteration (no target yet)',
      measured: `p50 ${round(median(gets), 1)}, p99 ${p(gets, 0.99)} ms`,
      value: p(gets, 0.99),
    },
  ]
}
