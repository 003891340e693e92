import { CairnError } from '../errors.js'

// What hints say to those who write code, and what that is on a command line.
const words: [code: RegExp, command: string][] = [
  [/\b(session|task|agent)s\.list\(\)/g, 'cairn $1 list'],
  [/\bsessions\.events\(\)/g, 'cairn session show'],
  [/\bcairn\.embeddings\.migrate\(\)/g, 'cairn embeddings migrate --to'],
  [/\bcairn\.as\(\{ app, user \}\)/g, '--as app=APP,user=USER'],
]

/** An error whose hint speaks of commands and --as, where the one of the API speaks of methods and handles. */
export function inCommandLineWords(error: unknown): unknown {
  if (!(error instanceof CairnError)) return error
  const { code, message, details, cause } = error
  const hint = error.code === 'forbidden' ? refusalHint(error) : hintInCommandLineWords(error.hint)
  return hint === error.hint ? error : new CairnError(code, message, { hint, details, cause })
}

function refusalHint({ details }: CairnError): string {
  const { namespace, right } = details ?? {}
  const grant = namespace === undefined ? '' : `Add grant=${namespace}=${right} to --as, or leave`
  return `${grant || 'Leave'} --as out.`
}

export function hintInCommandLineWords(hint: string | undefined): string | undefined {
  return words.reduce((text, [code, command]) => text?.replace(code, command), hint)
}
