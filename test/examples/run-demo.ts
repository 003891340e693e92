import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { onTestFinished } from 'vitest'

export interface DemoRun {
  code: number | null
  stdout: string
  stderr: string
  /** What was left in the folder for temporary files, which the run has for itself. */
  left: string[]
  temporary: string
}

interface DemoOptions {
  environment?: Record<string, string>
  /** When the folder of the run may go. */
  whenDone?: (cleanup: () => void) => void
  /** Called with everything that was printed so far, whenever something was. */
  onOutput?: (stdout: string, child: ChildProcess) => void
}

/** A folder that goes when the test is over, or when `whenDone` says. */
export function makeFolder(whenDone: (cleanup: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-examples-test-'))
  whenDone(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs the demo as users do, as a process of its own, on the built package. */
export async function runDemo(args: string[] = [], options: DemoOptions = {}): Promise<DemoRun> {
  const { environment = {}, onOutput, whenDone } = options
  const temporary = makeFolder(whenDone)
  const { FORCE_COLOR: _, COLUMNS: __, INIT_CWD: ___, ...inherited } = process.env
  const env = { ...inherited, NO_COLOR: '1', TMPDIR: temporary, ...environment }
  const child = spawn(process.execPath, [resolve('examples/demo/demo.mjs'), ...args], { env })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    onOutput?.(stdout, child)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done))
  return { code, stdout, stderr, left: readdirSync(temporary), temporary }
}
