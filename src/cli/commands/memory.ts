import type { CairnCommand } from '../command.js'
import type { Io } from '../io.js'
import { addMemoryChanges } from './memory-changes.js'
import { addMemoryDiff } from './memory-diff.js'
import { addMemoryOrigins } from './memory-origins.js'
import { addMemoryReads } from './memory-reads.js'
import { addMemoryWrites } from './memory-writes.js'

export function addMemory(program: CairnCommand, io: Io): void {
  const memory = program.command('memory').description('Keep, read and change memories; every version stays.')
  addMemoryWrites(memory, io)
  addMemoryReads(memory, io)
  addMemoryDiff(memory, io)
  addMemoryChanges(memory, io)
  addMemoryOrigins(memory, io)
}
