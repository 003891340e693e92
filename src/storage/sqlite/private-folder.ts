import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Folders of private stores that nobody has closed yet. */
const folders = new Set<string>()

/** A temporary folder that goes with `removePrivateFolder`, and at the latest when the process ends, unless it is killed. */
export function makePrivateFolder(): string {
  if (folders.size === 0) {
    process.once('exit', removeAll)
    for (const signal of endings) process.on(signal, endBy)
  }
  const folder = mkdtempSync(join(tmpdir(), 'cairn-'))
  folders.add(folder)
  return folder
}

export function removePrivateFolder(folder: string): void {
  folders.delete(folder)
  if (folders.size === 0) stopListening()
  rmSync(folder, { recursive: true, force: true })
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}

/** A signal that nobody else listens to ends the process without an `exit` event. Whoever does listen decides what it does. */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return
  removeAll()
  stopListening()
  process.kill(process.pid, signal)
}

function stopListening(): void {
  process.off('exit', removeAll)
  for (const signal of endings) process.off(signal, endBy)
}
