import { readFileSync } from 'node:fs'
import { loopsWithoutSimd, PlainMemory } from './scan-fallback.js'
import type { LinearMemory, ScanLoops } from './scan-loops.js'

// What is used of it: the types of Node do not have it, and those of browsers bring much that Node has not.
interface WebAssemblyTools {
  Memory: new (limits: { initial: number; maximum: number }) => LinearMemory
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: { index: { memory: LinearMemory } }) => { exports: unknown }
  validate(bytes: Uint8Array): boolean
}

let bytes: Uint8Array | undefined

/** Memory of its own, and the loops over it: with SIMD where the machine has it. */
export function openScan(tools: WebAssemblyTools | null = defaultTools()): { memory: LinearMemory; loops: ScanLoops } {
  const module = tools === null ? undefined : compile(tools)
  if (tools === null || module === undefined) {
    const memory = new PlainMemory()
    return { memory, loops: loopsWithoutSimd(memory) }
  }
  // Growing is no copy: V8 sets the addresses for all of it aside from the beginning.
  const memory = new tools.Memory({ initial: 1, maximum: 65_536 })
  const instance = new tools.Instance(module, { index: { memory } })
  return { memory, loops: instance.exports as ScanLoops }
}

function defaultTools(): WebAssemblyTools | null {
  return (globalThis as { WebAssembly?: WebAssemblyTools }).WebAssembly ?? null
}

function compile(tools: WebAssemblyTools): object | undefined {
  bytes ??= readFileSync(new URL('./scan.wasm', import.meta.url))
  if (tools.validate(bytes)) return new tools.Module(bytes)
  return undefined
}
