import type { CairnCommand } from '../command.js'
import type { Io } from '../io.js'
import { addTaskChanges } from './task-changes.js'
import { addTaskReads } from './task-reads.js'
import { addTaskSubmit } from './task-submit.js'
import { addTaskWork } from './task-work.js'

export function addTask(program: CairnCommand, io: Io): void {
  const task = program.command('task').description('Queue tasks, work on them, and see what became of them.')
  addTaskSubmit(task, io)
  addTaskWork(task, io)
  addTaskChanges(task, io)
  addTaskReads(task, io)
}
