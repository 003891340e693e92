// What only whole processes show: start to first read, opening after kill -9, and ten processes on one file.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openCairn } from '../../dist/index.js'
import { median, quantile, round } from './statistics.mjs'
import { copies, owner } from './stores.mjs'

const child = fileURLToPath(new URL('./child.mjs', import.meta.url))

function start(...args) {
  const process_ = spawn(process.execPath, [child, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]()
  return { process: process_, line: async () => (await lines.next()).value }
}

export async function measureStart(context) {
  const starts = []
  for (let n = 0; n < 7; n++) {
    const from = performance.now()
    const { process: reader, line } = start('read', context.largeStore, `user:u1:notes`, 'note-1')
    await line()
    starts.push(performance.now() - from)
    if (reader.exitCode === null) await once(reader, 'exit')
  }
  const bytes = statSync(context.largeStore).size
  return [
    {
      operation: `process start to first read, ${round(bytes / 1e9, 2)} GB store`,
      measured: `${round(median(starts), 0)} ms (node alone ${round(await nodeStart(), 0)} ms)`,
      value: round(median(starts), 0),
      atMost: 250,
    },
    await measureKilled(context),
  ]
}

async function nodeStart() {
  const times = []
  for (let n = 0; n < 5; n++) {
    const from = performance.now()
    await once(spawn(process.execPath, ['-e', '0']), 'exit')
    times.push(performance.now() - from)
  }
  return median(times)
}

async function measureKilled(context) {
  const times = []
  let walBytes = 0
  for (let n = 0; n < 3; n++) {
    const [path] = copies(context.folder, context.mainStore, ['killed'])
    const { process: writer, line } = start('fill-log', path)
    await line()
    writer.kill('SIGKILL')
    await once(writer, 'exit')
    walBytes = statSync(`${path}-wal`).size
    const from = performance.now()
    const cairn = await openCairn(path)
    await cairn.memories.get('user:u1:notes', 'note-1')
    times.push(performance.now() - from)
    await cairn.close()
  }
  return {
    operation: `open after kill -9 with a log of ${round(walBytes / 1048576, 0)} MB`,
    measured: `${round(median(times), 0)} ms`,
    value: round(median(times), 0),
    atMost: 1000,
  }
}

export async function measureManyProcesses(context) {
  const [path] = copies(context.folder, context.mainStore, ['shared'])
  const cairn = await openCairn(path)
  await cairn.as(owner).sessions.create({ id: 'shared' })
  await cairn.close()
  const children = Array.from({ length: 10 }, () => start('append', path, 'shared', '10000'))
  await Promise.all(children.map(({ line }) => line()))
  for (const { process: writer } of children) writer.stdin.write('go\n')
  const results = await Promise.all(children.map(async ({ line }) => JSON.parse(await line())))
  const done = results.map((result) => result.times.length)
  const times = results.flatMap((result) => result.times)
  const fairness = Math.min(...done) / Math.max(...done)
  return [
    {
      operation: '10 processes appending for 10 s: slowest / fastest',
      measured: `${Math.min(...done)} / ${Math.max(...done)} appends`,
      value: round(fairness, 2),
      atLeast: 0.5,
    },
    {
      operation: '10 processes appending: p99',
      measured: `p50 ${round(median(times), 1)}, p99 ${round(quantile(times, 0.99), 1)} ms, ${round(done.reduce((a, b) => a + b) / 10, 0)}/s together`,
      value: round(quantile(times, 0.99), 1),
      atMost: 100,
    },
  ]
}
