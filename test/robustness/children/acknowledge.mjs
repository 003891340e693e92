// @ts-check
// Writes memories and events with 20 callers at once until it is killed, and prints each write once it is acknowledged.
import { writeSync } from 'node:fs'
import process from 'node:process'
import { openCairn } from 'cairn-memory'

const [path, round] = process.argv.slice(2).map((arg) => JSON.parse(arg))
const acknowledge = (/** @type {object} */ write) => writeSync(1, `${JSON.stringify(write)}\n`)

const cairn = await openCairn(path)
const session = `session-${round}`
await cairn.sessions.create({ id: session, app: 'app', user: 'alice' })
acknowledge({ session })

/** @param {number} caller */
async function call(caller) {
  const namespace = `user:alice:caller${caller}`
  for (let i = 0; ; i++) {
    const key = `r${round}-${i}`
    const added = await cairn.memories.add({ namespace, key, value: `word${round}x${caller}x${i}`, type: 'semantic' })
    acknowledge({ namespace, key, version: added.version })
    const { event } = await cairn.sessions.appendEvent(session, {
      eventId: `e${caller}-${i}`,
      type: 'message',
      actor: 'user:alice',
      content: { text: `said ${i}` },
    })
    acknowledge({ session, seq: event.seq, eventId: event.eventId })
    const updated = await cairn.memories.update(namespace, key, `changed ${i}`)
    acknowledge({ namespace, key, version: updated.version })
  }
}

await Promise.all(Array.from({ length: 20 }, (_, caller) => call(caller)))
