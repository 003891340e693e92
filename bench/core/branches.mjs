// A fork late in a long session in which every event changes state: the worst that a fold can meet.
import { openCairn } from '../../dist/index.js'
import { quantile, round, timeEach } from './statistics.mjs'
import { owner } from './stores.mjs'

const events = 50_500
const together = 500

export async function measureBranches({ folder }) {
  const cairn = await openCairn({ db: folder.file('branches.db') })
  const agent = cairn.as(owner)
  await agent.sessions.create({ id: 'long' })
  for (let from = 0; from < events; from += together) {
    const batch = Array.from({ length: together }, (_, i) => ({
      type: 'message',
      actor: 'user:alice',
      content: { text: `step ${from + i}` },
      stateDelta: { step: from + i, [`key${(from + i) % 50}`]: 'a value of some length' },
    }))
    await agent.sessions.appendEvents('long', batch)
  }
  // The event before a snapshot: nearly a thousand deltas lie between it and the last one.
  const fork = await timeEach(200, () => agent.sessions.fork('long', { atSeq: 49_999 }))
  const start = performance.now()
  await agent.sessions.rewind('long', { toSeq: events - 10_000 })
  const moved = 10_000 / ((performance.now() - start) / 1000)
  await cairn.close()
  return [
    {
      operation: 'fork at event 50,000, each with a state delta, p99',
      measured: `p50 ${round(quantile(fork, 0.5), 2)}, p99 ${round(quantile(fork, 0.99), 2)} ms`,
      value: round(quantile(fork, 0.99), 2),
      atMost: 20,
    },
    {
      operation: 'rewind by 10,000 events (no target)',
      measured: `${round(moved, 0)} events/s`,
      value: round(moved, 0),
    },
  ]
}
