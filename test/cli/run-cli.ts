import { existsSync, mkdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { run } from '../../src/cli/run.js'
import { useTempFolder } from '../helpers/temp-folder.js'

export interface CliOptions {
  stdin?: string | Uint8Array
  env?: Record<string, string>
  columns?: number
  isTTY?: boolean
  cwd?: string
}

export interface CliResult {
  code: number
  stdout: string
  stderr: string
}

export interface Cli {
  (args: string | string[], options?: CliOptions): Promise<CliResult>
  /** Runs with --json, expects success and returns the document. */
  json<T = Record<string, unknown>>(args: string | string[], options?: CliOptions): Promise<T>
  /** A path in the folder in which the commands run. */
  path: (name: string) => string
}

/** The words of a command line as a shell reads them; quotes, but no variables, pipes or escapes. */
export function shellWords(line: string): string[] {
  const parts = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
  return parts.map((part) => part.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double))
}

/** The command line in a folder of its own, in this process; every call gets a new folder. */
export function useCli(): () => Cli {
  const temporary = useTempFolder()
  let count = 0
  return () => {
    const folder = temporary(`cli-${++count}`)
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
    const call = (args: string | string[], options: CliOptions = {}) => runIn(folder, args, options)
    const json = async <T>(args: string | string[], options: CliOptions = {}): Promise<T> => {
      const { code, stdout, stderr } = await call([...words(args), '--json'], options)
      if (code !== 0 || stderr !== '') throw new Error(`cairn ${args} exited with ${code}: ${stderr}`)
      return JSON.parse(stdout)
    }
    return Object.assign(call, { json, path: (name: string) => `${folder}/${name}` })
  }
}

function words(args: string | string[]): string[] {
  return typeof args === 'string' ? shellWords(args) : args
}

async function runIn(folder: string, args: string | string[], options: CliOptions): Promise<CliResult> {
  const { stdin, env = {}, columns, isTTY = false, cwd = folder } = options
  const result = { code: 0, stdout: '', stderr: '' }
  result.code = await run(words(args), {
    stdout: { write: (text) => (result.stdout += text) },
    stderr: { write: (text) => (result.stderr += text) },
    ...(stdin !== undefined && { stdin: Readable.from([Buffer.from(stdin)]) }),
    env,
    cwd,
    columns,
    isTTY,
  })
  return result
}
