#!/usr/bin/env node
import process from 'node:process'
import { exitCodes } from './exit-codes.js'
import { run } from './run.js'

let unwritten = false

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has seen enough, as in `cairn memory list | head`.
  if (error.code === 'EPIPE' || unwritten) return
  unwritten = true
  process.stderr.write(`error: Writing the answer failed: ${error.message}\n`)
  // A pipe may fail only after the command has ended.
  process.exitCode ||= exitCodes.disk_full
})

// Nobody is left to be told.
process.stderr.on('error', () => undefined)

const code = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  columns: process.stdout.columns,
  isTTY: process.stdout.isTTY === true,
  errorIsTTY: process.stderr.isTTY === true,
  untilStopped: () =>
    new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
      // Nobody reads on, as in `cairn docs watch docs | head`.
      process.stdout.once('error', () => resolve())
    }),
})
process.exitCode = code === 0 && unwritten ? exitCodes.disk_full : code
