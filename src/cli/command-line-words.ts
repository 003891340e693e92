import { environmentNames } from '../config.js'
import { CairnError } from '../errors.js'

const embedderVariables = Object.entries(environmentNames).flatMap(([variable, toConfig]) =>
  Object.keys(toConfig('').embedder ?? {}).map((name) => [name, variable] as const),
)

// What hints say to those who write code, and what that is on a command line.
const words: [code: RegExp, command: string][] = [
  [/\b(session|task|agent)s\.list\(\)/g, 'cairn $1 list'],
  [/\bsessions\.events\(\)/g, 'cairn session show'],
  [/\bSet embedder to /g, 'Set CAIRN_EMBEDDER to '],
  [/, or cairn\.embeddings\.migrate\(\) in a program/g, ''],
  [/\bcairn\.embeddings\.migrate\(\)/g, 'cairn embeddings migrate --to MODEL'],
  [/Open it with \{ embedder: 'ollama' \}, or set CAIRN_EMBEDDER\./, 'Set CAIRN_EMBEDDER to auto or ollama.'],
  ...embedderVariables.map(([name, variable]): [RegExp, string] => [
    new RegExp(`\\bembedder\\.${name}\\b`, 'g'),
    `embedder.${name} (${variable})`,
  ]),
  [/\bthis handle\b/g, 'this command'],
  [/\bcairn\.as\(\{ app, user \}\)/g, '--as app=APP,user=USER'],
]

/** An error whose hint speaks of commands and --as, where the one of the API speaks of methods and handles. */
export function inCommandLineWords(error: unknown): unknown {
  if (!(error instanceof CairnError)) return error
  const { code, message, details, cause } = error
  const hint = error.code === 'forbidden' ? refusalHint(error) : error.hint && textInCommandLineWords(error.hint)
  return hint === error.hint ? error : new CairnError(code, message, { hint, details, cause })
}

function refusalHint({ details }: CairnError): string {
  const { namespace, right } = details ?? {}
  const grant = namespace === undefined ? '' : `Add grant=${namespace}=${right} to --as, or leave`
  return `${grant || 'Leave'} --as out.`
}

export function textInCommandLineWords(text: string): string {
  return words.reduce((told, [code, command]) => told.replace(code, command), text)
}
