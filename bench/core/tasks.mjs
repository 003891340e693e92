// The queue: tasks are submitted by many at once, and claimed from a queue of 10,000. Nothing is beside it: a raw loop that
// keeps no order, no leases and no dependencies would say little.
import { openCairn } from '../../dist/index.js'
import { quantile, round, timeEach, timeTogether } from './statistics.mjs'
import { copies, owner } from './stores.mjs'

const callers = 50
const queued = 10_000
const claims = 500

export async function measureTasks(context) {
  const [path] = copies(context.folder, context.mainStore, ['tasks'])
  const cairn = await openCairn(path)
  try {
    const agent = cairn.as({ ...owner, project: 'bench', agent: 'w1' })
    const input = (id) => ({ prompt: `Write the report number ${id}`, priority: id % 11, input: { id } })
    const rare = { prompt: 'Draw', agentType: 'painter', priority: 0 }
    await timeTogether(1_000, callers, (id) => agent.tasks.submit(input(id)))
    const took = await timeTogether(queued, callers, (id) => agent.tasks.submit(input(id)))
    await agent.tasks.submitMany(Array.from({ length: 2 * claims }, () => rare))
    const perSecond = round((queued / took) * 1000, 0)
    const own = await timeEach(claims, () => agent.tasks.claim())
    const root = await timeEach(claims, () => cairn.tasks.claim())
    const painters = await timeEach(claims, () => agent.tasks.claim({ agentTypes: ['painter'] }))
    return [
      {
        operation: `submit a task, ${callers} callers`,
        measured: `${perSecond}/s`,
        value: perSecond,
        atLeast: 3_000,
      },
      claimRow('claim at a queue of 10,000, of one owner', own),
      claimRow('the same by root', root),
      claimRow('the same, a type of agent that is last in the queue', painters),
    ]
  } finally {
    await cairn.close()
  }
}

function claimRow(operation, times) {
  const [p50, p99] = [0.5, 0.99].map((q) => round(quantile(times, q), 2))
  return { operation: `${operation}, p99`, measured: `p50 ${p50}, p99 ${p99} ms`, value: p99, atMost: 5 }
}
