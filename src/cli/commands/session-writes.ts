import { Option } from 'commander'
import type { Principal } from '../../access/principal.js'
import { invalidInput } from '../../errors.js'
import type { Json, JsonObject } from '../../json.js'
import type { AppendResult, EventInput, EventType } from '../../sessions/event.js'
import type { NewSessionInput } from '../../sessions/session-inputs.js'
import { eventTypes } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { jsonObject, readValue, wholeNumber } from '../values.js'
import { orNoSession } from './session-endings.js'

export function addSessionWrites(session: CairnCommand, io: Io): void {
  addCreate(session, io)
  addAppend(session, io)
}

function addCreate(session: CairnCommand, io: Io): void {
  session
    .command('create')
    .description('Create a session. It belongs to an app and a user: those of --as, or named here.')
    .option('--id <id>', 'its id; made up when left out')
    .option('--app <app>', 'the app it belongs to')
    .option('--user <user>', 'the user it belongs to')
    .option('--project <project>', 'the project it is about')
    .option('--metadata <json>', 'a JSON object about it', jsonObject('--metadata'))
    .option('--state <json>', `a JSON object of initial state, such as '{"user:theme":"dark"}'`, jsonObject('--state'))
    .addHelpText(
      'after',
      examples(
        'cairn session create --as user=alice,app=support',
        `cairn session create --app support --user alice --state '{"topic":"billing"}' --json`,
      ),
    )
    .action((flags: NewSessionInput, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output, as }) => {
        if ((flags.user ?? as?.user) === undefined || (flags.app ?? as?.app) === undefined) {
          throw invalidInput(
            'A session belongs to a user and an app; one of them is missing.',
            'Give --user and --app, or --as user=…,app=….',
          )
        }
        const created = await cairn.sessions.create(flags)
        output.show(created, ({ id, app, user }) => oneLine(`Created session ${id} of ${user} in ${app}.`))
      }),
    )
}

interface AppendFlags {
  type: EventType
  actor?: string
  text?: string
  eventId?: string
  expectedSeq?: number
  timestamp?: string
  stateDelta?: JsonObject
  final?: boolean
}

function addAppend(session: CairnCommand, io: Io): void {
  session
    .command('append')
    .description('Append an event to a session, and change its state in the same step.')
    .argument('<session>', 'the id of the session')
    .argument('[content]', 'a JSON object, or - to read it from stdin')
    .addOption(new Option('--type <type>', 'what kind of step it is').choices(eventTypes).default('message'))
    .option('--actor <actor>', 'user, agent, system or tool, optionally with a name; default from --as')
    .option('--text <text>', `plain text, for the content {"text":…}; - reads it from stdin`)
    .option('--event-id <id>', 'makes a retry safe: the same id is stored once')
    .option('--expected-seq <n>', 'only if this is the last sequence number; otherwise exit code 4', wholeNumber(0))
    .option('--timestamp <time>', 'when it happened; default now (ISO 8601)')
    .option('--state-delta <json>', 'a JSON object of state to set; null removes a key', jsonObject('--state-delta'))
    .option('--final', 'mark it as the final response of a turn')
    .addHelpText(
      'after',
      examples(
        `cairn session append SESSION --actor user:alice --text 'Ship it on Friday'`,
        `cairn session append SESSION '{"tool":"search","q":"flights"}' --type tool_call --actor tool:search`,
        `cairn session append SESSION --type state_change --actor system --state-delta '{"topic":"refund"}'`,
      ),
    )
    .action(async (id: string, json: string | undefined, flags: AppendFlags, command: CairnCommand) => {
      const content = await readContent(json, flags, io)
      await onStore({ command, io }, async ({ cairn, output, as }) => {
        const { expectedSeq } = flags
        const event = toEventInput(content, flags, as)
        const options = expectedSeq === undefined ? {} : { expectedSeq }
        const result = await cairn.sessions.appendEvent(id, event, options).catch(orNoSession(id))
        output.show(result, (appended) => formatAppended(id, appended))
      })
    })
}

async function readContent(json: string | undefined, flags: AppendFlags, io: Io): Promise<JsonObject> {
  const { text, stateDelta } = flags
  const value = await readValue({ json, text, name: 'CONTENT' }, io)
  if (text !== undefined) return { text: value as string }
  if (value === undefined && stateDelta !== undefined) return {}
  if (value === undefined) {
    throw invalidInput('The event has neither content nor a state delta.', 'Give --text "some text", or a JSON object.')
  }
  if (!isObject(value)) {
    throw invalidInput('The CONTENT of an event is a JSON object.', `Write {"text":"…"}, or use --text.`)
  }
  return value
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function toEventInput(content: JsonObject, flags: AppendFlags, as: Principal | undefined): EventInput {
  const { type, actor = actorOf(as), eventId, timestamp, stateDelta, final } = flags
  return {
    type,
    actor,
    content,
    ...(eventId !== undefined && { eventId }),
    ...(timestamp !== undefined && { timestamp }),
    ...(stateDelta && { stateDelta }),
    ...(final && { isFinalResponse: true }),
  }
}

/** Who speaks when --actor is left out: whoever --as says is acting. */
function actorOf(as: Principal | undefined): string {
  if (as?.agent !== undefined) return `agent:${as.agent}`
  if (as?.user !== undefined) return `user:${as.user}`
  throw invalidInput('Who says this? --actor is missing.', 'Such as --actor user:alice, or an agent or user in --as.')
}

function formatAppended(session: string, { event, duplicate }: AppendResult): string {
  const done = duplicate ? `Was there already as event #${event.seq}` : `Appended event #${event.seq}`
  return oneLine(`${done} of session ${session} (${event.eventId}).`)
}
