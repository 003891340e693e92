import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export const writtenConversation = fileURLToPath(new URL('../conversation.jsonl', import.meta.url))

export const help = `Plays a conversation into a fresh Cairn store and shows what the store makes of it.

Usage: npm run demo -- [conversation.jsonl] [options]

  conversation.jsonl  One turn a line; examples/README.md has the form. Without it: the
                      conversation written for this demo, examples/conversation.jsonl.
                      A queries.jsonl and a qrels.jsonl beside it are asked and scored.

  --keep              Keep the store, and say at the end where it is.
  --fast              No short pauses between the lines (there are none without a terminal).
  --help              This text.

It asks nothing, needs no server and no network, and leaves nothing behind. Try it on
3,435 real turns, if you have them: npm run demo -- ../shared/data/locomo-dev/corpus.jsonl
`

/** What the user did wrong: the message is all they need to see. The exit code is 2. */
export class UsageError extends Error {}

/** What to play and how, from the command line. */
export function parseArguments(args) {
  const { values, positionals } = parse(args)
  if (positionals.length > 1) {
    throw new UsageError(`One conversation at a time, please: ${positionals.join(', ')}.`)
  }
  const [given] = positionals
  return {
    path: given === undefined ? writtenConversation : locate(given),
    keep: values.keep ?? false,
    fast: values.fast ?? false,
    help: values.help ?? false,
  }
}

function parse(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        keep: { type: 'boolean' },
        fast: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    const [problem] = error.message.split('. ')
    throw new UsageError(`${problem}. See npm run demo -- --help.`)
  }
}

/** npm runs scripts in the package's folder; a path is also looked for where the user stood. */
function locate(path) {
  const here = resolve(path)
  return existsSync(here) ? here : resolve(process.env.INIT_CWD ?? '.', path)
}
