import type { CairnCommand } from '../command.js'
import type { Io } from '../io.js'
import { addSessionBranches } from './session-branches.js'
import { addSessionEndings } from './session-endings.js'
import { addSessionReads } from './session-reads.js'
import { addSessionWrites } from './session-writes.js'

export function addSession(program: CairnCommand, io: Io): void {
  const session = program.command('session').description('Keep and read sessions: their events and their state.')
  addSessionWrites(session, io)
  addSessionReads(session, io)
  addSessionBranches(session, io)
  addSessionEndings(session, io)
}
