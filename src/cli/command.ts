import { Command, CommanderError, type HelpContext, Option, type OptionValues } from 'commander'
import type { Principal } from '../access/principal.js'
import { CairnError } from '../errors.js'
import { CairnHelp } from './help.js'
import { parseAs } from './principal.js'
import { shellQuote } from './text.js'

/** The options that every command takes. */
export interface GlobalFlags {
  db?: string
  json?: boolean
  as?: Principal
}

/** Thrown where commander would print help because a command is missing. */
export class CommandMissing extends Error {
  readonly command: Command

  constructor(command: Command) {
    super(`${pathOf(command)} needs a command.`)
    this.command = command
  }
}

/** A command that throws what is wrong with its arguments, as every other refusal of Cairn is thrown. */
export class CairnCommand extends Command {
  override createCommand(name?: string): CairnCommand {
    return new CairnCommand(name)
  }

  override createHelp(): CairnHelp {
    return Object.assign(new CairnHelp(), this.configureHelp())
  }

  /** Without the global options, which are for opening the store: actions hand these to the API. */
  override opts<Flags extends OptionValues>(): Flags {
    const { db, json, as, ...own } = super.opts()
    return own as Flags
  }

  globalFlags(): GlobalFlags {
    const { db, json, as } = super.opts<GlobalFlags>()
    const outer = this.parent instanceof CairnCommand ? this.parent.globalFlags() : {}
    // Given in several places, the last one counts.
    return { ...outer, ...(db !== undefined && { db }), ...(json && { json }), ...(as && { as }) }
  }

  override error(text: string): never {
    const [, message = text, suggestion] = /^error: ([^\n]*)(?:\n\((.*)\))?$/s.exec(text) ?? []
    const sentence = message.endsWith('.') ? message : `${message}.`
    throw new CairnError('invalid_input', capitalized(sentence), {
      hint: suggestion ?? `See ${pathOf(this)} --help.${this.#dashHint(message)}`,
      details: { command: pathOf(this) },
    })
  }

  /** What begins with a dash may be meant as a text. */
  #dashHint(message: string): string {
    const [, text] = /^unknown option '(.*)'$/s.exec(message) ?? []
    if (text === undefined || this.registeredArguments.length === 0) return ''
    return ` A text that begins with - goes after --: ${pathOf(this)} -- ${shellQuote(text)}`
  }

  override help(context?: HelpContext | ((text: string) => string)): never {
    if (typeof context === 'object' && context.error) throw new CommandMissing(this)
    this.outputHelp()
    throw new CommanderError(0, 'commander.help', '(outputHelp)')
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The words that call a command, such as `cairn memory add`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

export const globalHeading = 'Global options:'

/** Gives a command and all below it the global options, so that they are taken in any place. */
export function addGlobalOptions(command: Command): void {
  const options = [
    new Option('--db <path>', 'the store; default CAIRN_DB, then cairn.config.json, then ./cairn.db'),
    new Option('--as <principal>', 'who asks: user=alice,app=support,… (default: may do everything)').argParser(
      parseAs,
    ),
    new Option('--json', 'print one JSON document; errors too, on stderr'),
  ]
  for (const option of options) command.addOption(option.helpGroup(globalHeading))
  for (const inner of command.commands) addGlobalOptions(inner)
}
