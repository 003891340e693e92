import { Argument, Option } from 'commander'
import { CairnError } from '../../errors.js'
import type { JsonObject } from '../../json.js'
import type { Page } from '../../page.js'
import type { Agent, AgentState } from '../../tasks/agent.js'
import type { AgentListQuery, NewAgentInput, SilentQuery } from '../../tasks/agent-service.js'
import { agentStates } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { count, formatMinute, formatObject, formatTime } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { jsonObject, wholeNumber } from '../values.js'

export function addAgent(program: CairnCommand, io: Io): void {
  const agent = program.command('agent').description('Keep track of workers: what they work on, and whether they live.')
  for (const add of [addSpawn, addHeartbeat, addState, addTerminate, addShow, addList, addSilent, addReleaseSilent])
    add(agent, io)
}

function addSpawn(agent: CairnCommand, io: Io): void {
  agent
    .command('spawn')
    .description(
      'Note a worker down. It belongs to its session, or to the app, user and project of --as or named here.',
    )
    .argument('<name>', 'what it is called')
    .option('--id <id>', 'the id under which it claims tasks; made up when left out')
    .option('--specialization <text>', 'what it is good at')
    .option('--model <model>', 'the model that it runs on')
    .option('--task <id>', 'the task that it was made for')
    .option('--session <id>', 'the session that it works in')
    .option('--app <app>', 'the app it belongs to')
    .option('--user <user>', 'the user it belongs to')
    .option('--project <project>', 'the project it belongs to')
    .addHelpText('after', examples('cairn agent spawn tester --id w1 --as user=alice,app=support'))
    .action((name: string, flags: Omit<NewAgentInput, 'name'>, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.agents.spawn({ name, ...flags }), ({ id }) => oneLine(`Agent ${id} is spawning.`))
      }),
    )
}

interface HeartbeatFlags {
  state?: AgentState
  resourceUsage?: JsonObject
}

function addHeartbeat(agent: CairnCommand, io: Io): void {
  agent
    .command('heartbeat')
    .description('Say that an agent lives, and what has changed.')
    .argument('<agent>', 'the id of the agent')
    .addOption(new Option('--state <state>', 'its state').choices(agentStates))
    .option(
      '--resource-usage <json>',
      'a JSON object such as {"cpu":0.5,"tokens":1200}',
      jsonObject('--resource-usage'),
    )
    .addHelpText('after', examples('cairn agent heartbeat AGENT --state busy'))
    .action((id: string, flags: HeartbeatFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.agents.heartbeat(id, flags).catch(orNoAgent(id)), formatState)
      }),
    )
}

function addState(agent: CairnCommand, io: Io): void {
  agent
    .command('state')
    .description('Move an agent along: spawning → idle ⇄ busy → terminating → terminated.')
    .argument('<agent>', 'the id of the agent')
    .addArgument(new Argument('<state>', 'where to').choices(agentStates))
    .addHelpText('after', examples('cairn agent state AGENT idle'))
    .action((id: string, state: AgentState, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.agents.setState(id, state).catch(orNoAgent(id)), formatState)
      }),
    )
}

function addTerminate(agent: CairnCommand, io: Io): void {
  agent
    .command('terminate')
    .description('End an agent. The tasks that it was working on go back to the queue, each at the cost of a retry.')
    .argument('<agent>', 'the id of the agent')
    .addHelpText('after', examples('cairn agent terminate AGENT'))
    .action((id: string, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.agents.terminate(id).catch(orNoAgent(id)), formatState)
      }),
    )
}

function formatState({ id, state }: Agent): string {
  return oneLine(`Agent ${id} is ${state}.`)
}

function addShow(agent: CairnCommand, io: Io): void {
  agent
    .command('show')
    .description('Show an agent. Exit code 1 when there is none.')
    .argument('<agent>', 'the id of the agent')
    .addHelpText('after', examples('cairn agent show AGENT'))
    .action((id: string, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const found = await cairn.agents.get(id)
        if (found === null) throw noAgent(id)
        output.show(found, (shown) => formatAgent(shown, output))
      }),
    )
}

function formatAgent(agent: Agent, output: Output): string {
  const time = (iso: string | null): string => (iso === null ? '' : formatTime(iso))
  return output.record([
    ['agent', agent.id],
    ['name', agent.name],
    ['state', agent.state],
    ['specialization', agent.specialization ?? ''],
    ['model', agent.model ?? ''],
    ['task', agent.task ?? ''],
    ['session', agent.session ?? ''],
    ['user', agent.user ?? ''],
    ['app', agent.app ?? ''],
    ['project', agent.project ?? ''],
    ['uses', formatObject(agent.resourceUsage)],
    ['spawned', time(agent.spawnedAt)],
    ['last heard of', time(agent.heartbeatAt)],
    ['terminated', time(agent.terminatedAt)],
  ])
}

function addList(agent: CairnCommand, io: Io): void {
  const list = agent
    .command('list')
    .description('List agents, newest first.')
    .addOption(new Option('--state <state>', 'in one state').choices(agentStates))
    .option('--task <id>', 'of one task')
    .option('--session <id>', 'of one session')
    .option('--project <project>', 'of one project')
  addPaging(list)
    .addHelpText('after', examples('cairn agent list --state busy', 'cairn agent list --task TASK --json'))
    .action((flags: AgentListQuery, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        showAgents(await cairn.agents.list(flags), output)
      }),
    )
}

function addSilent(agent: CairnCommand, io: Io): void {
  const silent = agent
    .command('silent')
    .description('List agents that were not heard of for some time, the longest silent first.')
  addPaging(silent.requiredOption('--seconds <n>', 'for at least so long', wholeNumber(0, 31_536_000)))
    .addHelpText('after', examples('cairn agent silent --seconds 300'))
    .action((flags: SilentQuery, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        showAgents(await cairn.agents.silent(flags), output)
      }),
    )
}

function addReleaseSilent(agent: CairnCommand, io: Io): void {
  agent
    .command('release-silent')
    .description('Terminate agents that were not heard of for some time, and give their tasks back.')
    .requiredOption('--seconds <n>', 'for at least so long', wholeNumber(0, 31_536_000))
    .addHelpText('after', examples('cairn agent release-silent --seconds 300'))
    .action((flags: { seconds: number }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.agents.releaseSilent(flags), ({ agents, tasks }) => {
          return `Terminated ${count(agents.length, 'agent')} and gave ${count(tasks.length, 'task')} back.`
        })
      }),
    )
}

function showAgents(page: Page<Agent>, output: Output): void {
  output.show(page, ({ items }) => (items.length === 0 ? '' : formatAgents(items, output)))
  noteMore(page, output, 'no agents')
}

function formatAgents(agents: Agent[], output: Output): string {
  return output.table(agents, [
    { title: 'agent', cell: ({ id }) => id },
    { title: 'name', cell: ({ name }) => name, shrinkTo: 8 },
    { title: 'state', cell: ({ state }) => state },
    { title: 'task', cell: ({ task }) => task ?? '', shrinkTo: 8, dropAt: 2 },
    {
      title: 'last heard of',
      cell: ({ heartbeatAt }) => (heartbeatAt === null ? '' : formatMinute(heartbeatAt)),
      dropAt: 1,
    },
  ])
}

function orNoAgent(id: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof CairnError && error.code === 'not_found' && error.details?.agent === id ? noAgent(id) : error
  }
}

function noAgent(id: string): CairnError {
  return new CairnError('not_found', `There is no agent ${id}.`, { hint: 'Look for it with cairn agent list.' })
}
