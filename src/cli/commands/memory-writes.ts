import { Argument, Option } from 'commander'
import { CairnError, invalidInput } from '../../errors.js'
import type { JsonObject } from '../../json.js'
import type { Memory, MemoryType } from '../../memories/memory.js'
import type { Origin } from '../../memories/origin.js'
import { memoryTypes } from '../choices.js'
import { type CairnCommand, pathOf } from '../command.js'
import { formatValidity } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { onStore } from '../store.js'
import { oneLine, shellQuote } from '../text.js'
import { expiryOf, jsonObject, readValue, wholeNumber } from '../values.js'

export const namespaceHelp = 'such as user:alice:preferences; begins with user, app, project or session'
export const exampleOrigin = '{"document":{"path":"notes.md"}}'
const valueHelp = 'JSON, or - to read it from stdin'

export function addMemoryWrites(memory: CairnCommand, io: Io): void {
  for (const add of [addAdd, addUpdate, addDelete, addRestore, addRollback]) add(memory, io)
}

interface ContentFlags {
  text?: string
  metadata?: JsonObject
  validFrom?: string
  validTo?: string
  origin?: Origin[]
}

/** The options that say what a version holds and when it is true. */
function addContentOptions(command: CairnCommand): CairnCommand {
  return command
    .option('--text <text>', 'plain text for VALUE; - reads it from stdin')
    .option('--metadata <json>', 'a JSON object to find it by', jsonObject('--metadata'))
    .option('--valid-from <time>', 'true in the world from this time on (ISO 8601)')
    .option('--valid-to <time>', 'true in the world until this time (ISO 8601)')
    .option('--origin <json>', 'where it came from, as for cairn memory link; may be given several times', origins)
}

/** What an origin may be, the service says. */
function origins(text: string, previous: Origin[] = []): Origin[] {
  return [...previous, jsonObject('--origin', exampleOrigin)(text) as unknown as Origin]
}

function addAdd(memory: CairnCommand, io: Io): void {
  const add = memory
    .command('add')
    .description('Remember something new. A key that is alive is refused: update it instead.')
    .argument('<namespace>', namespaceHelp)
    .argument('[key]', 'its name in the namespace; episodic memories may do without')
    .argument('[value]', valueHelp)
    .addOption(
      new Option('--type <type>', 'facts, what happened, or how to do things').choices(memoryTypes).default('semantic'),
    )
  addContentOptions(add)
    .option('--expires-at <time>', 'no read returns it from this time on (ISO 8601)')
    .addHelpText(
      'after',
      examples(
        `cairn memory add user:alice:preferences tone '{"style":"concise"}' --type semantic`,
        `cairn memory add user:alice:profile city --text 'Lives in Porto' --valid-from 2026-03-01`,
        `cairn memory add project:apollo:log '{"shipped":"1.4"}' --type episodic`,
        'cairn memory add project:apollo:howto release - < steps.json',
      ),
    )
    .action(addAction(io))
}

type AddFlags = ContentFlags & { type: MemoryType; expiresAt?: string }

function addAction(io: Io) {
  return async (
    namespace: string,
    first: string | undefined,
    second: string | undefined,
    flags: AddFlags,
    command: CairnCommand,
  ) => {
    const { text, type, origin, ...rest } = flags
    // An episodic memory needs no key, so what stands alone behind its namespace is its value.
    const keyless = type === 'episodic' && second === undefined && text === undefined
    const key = keyless ? undefined : first
    const value = await readValue({ json: keyless ? first : second, text, name: 'VALUE' }, io)
    if (value === undefined) throw missingValue(command)
    await onStore({ command, io }, async ({ cairn, output }) => {
      const more = { ...(key !== undefined && { key }), ...(origin && { origins: origin }) }
      const memory = await cairn.memories.add({ namespace, value, type, ...rest, ...more })
      output.show(memory, () => `Added ${nameOf(memory)}.`)
    })
  }
}

function addUpdate(memory: CairnCommand, io: Io): void {
  const update = memory
    .command('update')
    .description('Give a memory a new value, as its next version.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
    .argument('[value]', valueHelp)
    .option('--if-version <n>', 'only if this is the latest version; otherwise exit code 4', wholeNumber(1))
  addContentOptions(update)
    .option(
      '--expires-at <time>',
      'no read returns it from this time on (ISO 8601); or the word `never`, to take an expiry away',
    )
    .addHelpText('after', examples(`cairn memory update user:alice:preferences tone '{"style":"warm"}' --if-version 1`))
    .action(
      async (namespace: string, key: string, json: string | undefined, flags: UpdateFlags, command: CairnCommand) => {
        const { text, expiresAt, origin, ...options } = flags
        const value = await readValue({ json, text, name: 'VALUE' }, io)
        if (value === undefined) throw missingValue(command)
        await onStore({ command, io }, async ({ cairn, output }) => {
          const more = { ...expiryOf(expiresAt), ...(origin && { origins: origin }) }
          const updated = await cairn.memories.update(namespace, key, value, { ...options, ...more })
          output.show(updated, () => `Updated ${nameOf(updated)}.`)
        })
      },
    )
}

type UpdateFlags = ContentFlags & { ifVersion?: number; expiresAt?: string }

function missingValue(command: CairnCommand): CairnError {
  return invalidInput('The VALUE is missing.', `Give JSON, or --text "some text". See ${pathOf(command)} --help.`)
}

function addDelete(memory: CairnCommand, io: Io): void {
  memory
    .command('delete')
    .description('Delete a memory. Its versions stay in the history, and restore brings it back.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
    .option('--if-version <n>', 'only if this is the latest version; otherwise exit code 4', wholeNumber(1))
    .addHelpText('after', examples('cairn memory delete user:alice:preferences tone'))
    .action((namespace: string, key: string, flags: { ifVersion?: number }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const deleted = await cairn.memories.delete(namespace, key, flags)
        if (!deleted) throw noMemory(namespace, key)
        output.show({ namespace, key, deleted }, () => `Deleted ${oneLine(`${namespace} ${key}`)}.`)
        output.note(`To bring it back: cairn memory restore ${shellQuote(namespace)} ${shellQuote(key)}`)
      }),
    )
}

export function noMemory(namespace: string, key: string): CairnError {
  const inside = shellQuote(namespace)
  return new CairnError('not_found', `There is no memory ${key} in ${namespace} now.`, {
    hint: `cairn memory list --namespace ${inside} shows what is there, cairn memory history ${inside} ${shellQuote(key)} what was and what will be.`,
  })
}

function addRestore(memory: CairnCommand, io: Io): void {
  memory
    .command('restore')
    .description('Bring a deleted memory back as its next versions: all that was true at some time, or one of them.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
    .option('--version <n>', 'only this version', wholeNumber(1))
    .option('--valid-from <time>', 'with --version: true from this time on; default as it was (ISO 8601)')
    .option('--valid-to <time>', 'with --version: true until this time; default as it was (ISO 8601)')
    .option('--expires-at <time>', 'no read returns it from this time on; default never (ISO 8601)')
    .addHelpText('after', examples('cairn memory restore user:alice:preferences tone'))
    .action((namespace: string, key: string, { expiresAt, ...rest }: RestoreFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const restored = await cairn.memories.restore(namespace, key, { ...rest, ...expiryOf(expiresAt) })
        output.show(restored, () => `Restored ${nameOf(restored)}${validityOf(restored)}.`)
      }),
    )
}

interface RestoreFlags {
  version?: number
  validFrom?: string
  validTo?: string
  expiresAt?: string
}

function addRollback(memory: CairnCommand, io: Io): void {
  memory
    .command('rollback')
    .description('Give a memory the value of an earlier version again, as its next version.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
    .addArgument(new Argument('<version>', 'the version whose value to take').argParser(wholeNumber(1)))
    .option('--if-version <n>', 'only if this is the latest version; otherwise exit code 4', wholeNumber(1))
    .option('--valid-from <time>', 'true from this time on; default as that version was (ISO 8601)')
    .option('--valid-to <time>', 'true until this time; default as that version was (ISO 8601)')
    .addHelpText('after', examples('cairn memory rollback user:alice:preferences tone 1'))
    .action((namespace: string, key: string, version: number, flags: RollbackFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const memory = await cairn.memories.rollback(namespace, key, version, flags)
        output.show(memory, () => `Rolled back to the value of v${version}: ${nameOf(memory)}${validityOf(memory)}.`)
      }),
    )
}

interface RollbackFlags {
  ifVersion?: number
  validFrom?: string
  validTo?: string
}

/** That what came back is true for some time only, and maybe not now. */
function validityOf(memory: Memory): string {
  const validity = formatValidity(memory)
  return validity === '' ? '' : `, true ${validity}`
}

function nameOf({ namespace, key, version }: Memory): string {
  return oneLine(`${namespace} ${key} v${version}`)
}
