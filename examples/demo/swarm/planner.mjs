// The planner of the swarm, as a process of its own: submits the tasks, looks after the workers, waits for the report.
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCairn } from 'cairn-memory'
import { app, planTasks } from './tasks.mjs'
import { tell } from './tell.mjs'

const { db, project, sessions, offset, silentSeconds } = JSON.parse(process.argv[2])
const cairn = await openCairn({ db, create: false, now: () => Date.now() + offset })
const planner = cairn.as({ app, project, agent: 'planner', grants: ['project:write'] })

const tasks = planTasks(sessions, project)
await planner.tasks.submitMany(tasks)
await tell({ type: 'planned', kinds: tasks.map(({ agentType }) => agentType) })

for (;;) {
  const released = await planner.agents.releaseSilent({ seconds: silentSeconds })
  if (released.agents.length > 0) await tell({ type: 'released', ...released })
  const report = await planner.tasks.get('report')
  // What was given back is ready at once. Whoever rests before another try has failed, and would fail again.
  const { items: failed } = await planner.tasks.list({ status: 'pending' })
  if (report.status === 'completed' || failed.length > 0) {
    await tell({ type: 'finished', failed: failed.map(({ id }) => id) })
    break
  }
  await sleep(100)
}
await cairn.close()
process.disconnect()
