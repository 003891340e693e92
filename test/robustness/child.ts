import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export interface Child {
  readonly pid: number
  /** The next line that it prints, as JSON; undefined when it has ended. */
  next(): Promise<unknown>
  /** Reads on until it ends. */
  rest(): Promise<unknown[]>
  /** Writes a line to it. */
  tell(text: string): void
  kill(): void
  /** How it ended, and what it wrote to stderr. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>
}

/** Starts a script of `children/` with JSON arguments; it imports the built package. Killed if the test ends before it. */
export function startChild(script: string, ...args: unknown[]): Child {
  return start(process.execPath, [pathOf(script), ...args.map((arg) => JSON.stringify(arg))])
}

/** The same under a limit of the shell on the size of files, in blocks of 512 bytes. */
export function startLimitedChild(blocks: number, script: string, ...args: unknown[]): Child {
  const command = `ulimit -f ${blocks}; exec "$@"`
  return start('sh', ['-c', command, 'sh', process.execPath, pathOf(script), ...args.map((arg) => JSON.stringify(arg))])
}

function pathOf(script: string): string {
  return fileURLToPath(new URL(`children/${script}`, import.meta.url))
}

function start(command: string, args: string[]): Child {
  const child: ChildProcess = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const { stdin, stdout, stderr, pid } = child
  if (!stdin || !stdout || !stderr || pid === undefined) throw new Error('the child process did not start')
  onTestFinished(() => void child.kill('SIGKILL'))
  stdin.on('error', () => undefined)
  let errors = ''
  stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    return done === true ? undefined : parse(value)
  }
  return {
    pid,
    next,
    async rest() {
      const found: unknown[] = []
      for (let line = await next(); line !== undefined; line = await next()) found.push(line)
      return found
    },
    tell: (text) => void stdin.write(`${text}\n`),
    kill: () => void child.kill('SIGKILL'),
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal, stderr: errors })),
  }
}

/** A process that is killed may leave half a line, which acknowledges nothing. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
