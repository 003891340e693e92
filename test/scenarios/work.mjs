// @ts-check
// One of several workers on one store, as a process of its own: takes tasks until none comes for a while, or, with
// `holdAt`, takes that many, says so and never answers the last. Prints each task that it was given.
import process from 'node:process'
import { openCairn } from 'cairn-memory'

const [db = '', name = '', given = '{}'] = process.argv.slice(2)
const { holdAt, skew = 0 } = JSON.parse(given)
const cairn = await openCairn({ db, durability: 'off', now: () => Date.now() + skew })
const worker = cairn.as({ app: 'shop', user: 'alice', agent: name })
const lines = []
for (let count = 1; ; count++) {
  const task = await worker.tasks.next({ waitMs: 1_000 })
  if (task === null) break
  lines.push([task.id, task.priority, task.attempt])
  if (count === holdAt) {
    process.stdout.write(`${JSON.stringify(lines)}\n`)
    await new Promise(() => setInterval(() => undefined, 60_000))
  }
  await worker.tasks.complete(task, { by: name })
}
process.stdout.write(`${JSON.stringify(lines)}\n`)
await cairn.close()
