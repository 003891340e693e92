import { Option } from 'commander'
import type { Json, JsonObject } from '../../json.js'
import type { Task, TaskSource } from '../../tasks/task.js'
import type { NewTaskInput } from '../../tasks/task-inputs.js'
import { taskSources } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { formatTime } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { collected, jsonObject, parseJson, readValue, wholeNumber } from '../values.js'

interface SubmitFlags extends Omit<NewTaskInput, 'prompt' | 'source' | 'input' | 'metadata'> {
  source?: TaskSource
  input?: Json
  metadata?: JsonObject
}

export function addTaskSubmit(task: CairnCommand, io: Io): void {
  const submit = task
    .command('submit')
    .description('Queue a task. It belongs to its session, or to the app, user and project of --as or named here.')
    .argument('<prompt>', 'what is to be done, or - to read it from stdin')
    .option('--id <id>', 'its id, which makes a retry safe; made up when left out')
    .option('--agent-type <type>', 'who can do it; default general')
    .option('--priority <n>', '0 to 10, higher comes first; default 5', wholeNumber(0, 10))
    .option('--input <json>', 'any JSON value for whoever does it', (text) => parseJson(text, '--input'))
    .option('--session <id>', 'the session it belongs to')
    .option('--parent <id>', 'the task it is a part of')
    .option('--depends-on <id>', 'a task that must be completed first; may be repeated', collected)
  addLimits(submit)
    .addHelpText(
      'after',
      examples(
        `cairn task submit 'Write the release notes' --priority 8 --as user=alice,app=support`,
        `cairn task submit 'Publish them' --depends-on TASK --run-after 2026-03-01 --json`,
      ),
    )
    .action(async (text: string, flags: SubmitFlags, command: CairnCommand) => {
      const prompt = String(await readValue({ json: undefined, text, name: 'PROMPT' }, io))
      await onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.tasks.submit({ prompt, ...flags }), formatSubmitted)
      })
    })
}

function addLimits(submit: CairnCommand): CairnCommand {
  return submit
    .option('--timeout-seconds <n>', 'how long a try may be silent, 60 or more; default 3600', wholeNumber(60))
    .option('--max-retries <n>', 'tries after the first one; default 3', wholeNumber(0, 1000))
    .option('--run-after <time>', 'not before this time (ISO 8601)')
    .option('--deadline <time>', 'when it should be done, for whoever does it (ISO 8601)')
    .addOption(new Option('--source <source>', 'who had the idea; default human').choices(taskSources))
    .option('--metadata <json>', 'a JSON object about it', jsonObject('--metadata'))
    .option('--app <app>', 'the app it belongs to')
    .option('--user <user>', 'the user it belongs to')
    .option('--project <project>', 'the project it belongs to')
}

function formatSubmitted({ id, status, runAfter }: Task): string {
  const when = status === 'pending' && runAfter !== null ? ` until ${formatTime(runAfter)}` : ''
  return oneLine(`Task ${id} is ${status}${when}.`)
}
