import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { personOf } from '../play.mjs'
import { createProcesses, ProcessError } from '../swarm/processes.mjs'
import { chooseSessions, namespaceOf, planTasks } from '../swarm/tasks.mjs'
import { clip, pad, widthOf } from '../text-width.mjs'
import { count } from '../words.mjs'

const workers = ['worker-1', 'worker-2', 'worker-3', 'worker-4']
const silentSeconds = 1.5
/** So that it can be watched, and one worker does not do all before the others have looked. */
const taskMs = 60

/**
 * A planner and four workers, each a process of its own, on this store; one of them is killed in the middle. It takes two
 * or three seconds, on a machine with much else to do some more; then it is stopped.
 */
export async function actSwarm(show, { mostSeconds = 60 } = {}) {
  const { stage, story } = show
  const project = story.project ?? 'demo'
  const sessions = chooseSessions(show.sessions).map(({ id, user }) => ({ id, user }))
  const tasks = planTasks(sessions, project)
  const doomed = tasks[Math.floor(sessions.length / 2)].id
  await stage.act(
    'A swarm at work',
    `A planner and ${workers.length} workers, each a process of its own, share this store and the project ${project}. Whoever takes “${doomed}” first is killed in the middle of it.`,
  )
  const swarm = { ...show, project, sessions, doomed, log: createLog(stage, tasks) }
  const processes = createProcesses()
  try {
    await processes.within(mostSeconds, () => runSwarm(swarm, processes))
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error
    process.exitCode = 1
    return showFailure(swarm, error)
  }
  await showTakeover(swarm)
  await showSum(swarm)
}

async function runSwarm({ file, project, sessions, clock, doomed, log }, processes) {
  const shared = { db: file, project, offset: clock.now() - Date.now() }
  const start = (name, script, settings) =>
    processes.start(name, fileURLToPath(new URL(`../swarm/${script}.mjs`, import.meta.url)), { ...shared, ...settings })
  const team = workers.map((name) => start(name, 'worker', { name, taskMs, doomed }))
  for (const { name, child, gone } of team) {
    child.on('message', (message) => log.hearWorker(name, message))
    child.on('message', ({ type, task, attempt }) => {
      if (type !== 'took' || task !== doomed || attempt > 1) return
      child.kill('SIGKILL')
      log.noteKilled(name, task)
    })
    void gone.then((end) => log.noteEnd(name, end))
  }
  // Nobody is late: who comes last could find the queue empty.
  await Promise.all(team.map(({ until }) => until('ready')))
  const planner = start('planner', 'planner', { sessions, silentSeconds })
  planner.child.on('message', (message) => log.hearPlanner(message))
  const allGone = Promise.all(team.map(({ gone }) => gone)).then(() => {
    throw new ProcessError('No worker is left.')
  })
  const { failed } = await Promise.race([planner.until('finished'), allGone])
  if (failed.length > 0) throw new ProcessError('A try has failed.')
  for (const { child } of team) if (child.connected) child.send('stop')
  await Promise.all([...team, planner].map(({ gone }) => gone))
}

/** What the processes tell, as it comes. */
function createLog(stage, tasks) {
  const { bold, dim, red, yellow, green } = stage.paint
  const widths = [8, Math.min(24, Math.max(...['gives back', ...tasks.map(({ id }) => id)].map(widthOf)))]
  let killed
  const row = (who, what, about, paint) => {
    const [name, task] = [who, what].map((text, at) => pad(clip(text, widths[at]), widths[at]))
    void stage.rows([
      [
        { text: name, paint: bold },
        { text: task, paint },
        { text: about, paint: paint ?? dim },
      ],
    ])
  }
  return {
    hearWorker(name, { type, task, attempt, text }) {
      if (type !== 'did') return
      if (attempt === 1) row(name, task, text)
      else row(name, task, `try ${attempt}: ${text}`, green)
    },
    noteKilled(name, task) {
      killed = name
      row(name, task, 'killed in the middle of it', red)
    },
    noteEnd(name, { how, why, wasEnded }) {
      if (how !== 0 && !wasEnded && name !== killed) row(name, 'is gone', `${how}${why}`, red)
    },
    hearPlanner({ type, kinds, agents, tasks }) {
      const number = (kind) => kinds.filter((each) => each === kind).length
      if (type === 'planned')
        row('planner', 'submits', `${number('read')} to read, ${number('sum')} to sum up, 1 to report`)
      if (type === 'released')
        row('planner', 'gives back', `${tasks.join(', ') || 'nothing'}: ${agents.join(', ')} is silent`, yellow)
    },
  }
}

/** The life of the task that was taken over, as the audit trail has it. */
async function showTakeover({ cairn, stage, doomed }) {
  const { cyan, dim } = stage.paint
  const { items } = await cairn.audit.list({ task: doomed, limit: 100 })
  const start = Date.parse(items.at(-1).timestamp)
  const rows = items.toReversed().map(({ timestamp, actor, operation, detail }) => {
    const { from, to, attempt, because } = detail
    return [
      { text: `${((Date.parse(timestamp) - start) / 1000).toFixed(2)} s`, paint: dim },
      actor.replace(/^agent:/, ''),
      { text: operation === 'create' ? 'submitted' : `${from} → ${to}`, paint: cyan },
      { text: because ?? (to === 'running' ? `try ${attempt}` : ''), paint: dim },
    ]
  })
  stage.line()
  stage.text(`What became of “${doomed}”, on the audit trail:`)
  await stage.rows(rows, { indent: 5, pause: 60 })
}

async function showSum({ cairn, stage, project, sessions }) {
  const { cyan } = stage.paint
  const { items: tasks } = await cairn.tasks.list({ project, status: 'completed', limit: 1000 })
  const namespace = namespaceOf(project)
  const { items: memories } = await cairn.memories.list({ namespace, limit: 1000 })
  const shares = new Map()
  for (const { claimedBy } of tasks) shares.set(claimedBy, (shares.get(claimedBy) ?? 0) + 1)
  const each = [...shares].sort().map(([name, share]) => `${name} ${share}`)
  const second = tasks.filter(({ attempt }) => attempt > 1).length
  stage.line()
  stage.text(
    `${count(tasks.length, 'task')} done, each once, ${second} of them by a second worker: ${each.join(', ')}. What came out is shared: ${cyan(count(memories.length, 'memory'))} in ${cyan(namespace)}.`,
  )
  const { user } = sessions.at(-1)
  const report = await personOf(cairn, user, project).memories.get(namespace, 'report')
  stage.line()
  stage.text(`The report, as ${user} reads it:`)
  stage.text(report.value.text, cyan)
}

async function showFailure({ cairn, stage, project }, error) {
  const { red, dim } = stage.paint
  const { items } = await cairn.tasks.list({ project, limit: 1000 })
  const open = items.filter(({ status }) => status !== 'completed')
  stage.line()
  stage.text(
    `The swarm has failed. ${error.message} ${count(open.length, 'task')} of ${items.length} not done${open.length > 0 ? ':' : '.'}`,
    red,
  )
  const rows = open.map(({ id, status, claimedBy, error }) => [
    id,
    status,
    { text: error ?? claimedBy ?? '', paint: dim },
  ])
  await stage.rows(rows, { indent: 5, most: [24] })
}
