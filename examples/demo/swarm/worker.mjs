// A worker of the swarm, as a process of its own: takes tasks until it is told to stop, or is killed.
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCairn } from 'cairn-memory'
import { app, doTask } from './tasks.mjs'
import { tell } from './tell.mjs'

const { db, project, name, offset, taskMs, doomed } = JSON.parse(process.argv[2])
const cairn = await openCairn({ db, create: false, now: () => Date.now() + offset })
const worker = cairn.as({ app, project, agent: name, grants: ['project:write'] })
const stop = new AbortController()
process.once('message', () => stop.abort())

async function handle(task) {
  const { id, attempt } = task
  await tell({ type: 'took', task: id, attempt })
  // Who takes this one first is in the middle of it when it is killed.
  if (id === doomed && attempt === 1) await sleep(3_600_000)
  await sleep(taskMs)
  const text = await doTask(cairn, { task, project, agent: name })
  await tell({ type: 'did', task: id, attempt, text })
  return { text }
}

/** Until it is told to stop. One that was too slow, and was taken for dead, goes on as a new agent. */
for (let life = 1; ; life++) {
  const { id: agent } = await worker.agents.spawn({ id: life === 1 ? name : `${name}, life ${life}`, name })
  if (life === 1) await tell({ type: 'ready' })
  try {
    await worker.tasks.work(handle, { agent, signal: stop.signal, heartbeatSeconds: 0.2 })
    await worker.agents.terminate(agent)
    break
  } catch (error) {
    if (error.code !== 'illegal_transition') throw error
  }
}
await cairn.close()
process.disconnect()
