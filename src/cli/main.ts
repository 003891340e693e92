#!/usr/bin/env node
import process from 'node:process'
import { run } from './run.js'

for (const stream of [process.stdout, process.stderr]) {
  // The reader has seen enough, as in `cairn memory list | head`.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  columns: process.stdout.columns,
  isTTY: process.stdout.isTTY === true,
  errorIsTTY: process.stderr.isTTY === true,
})
