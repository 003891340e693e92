// @ts-check
// Opens a store when told to, writes with some callers at once, and prints what came of it.
// With `writes` it stops by itself, without at the next line on its standard input, and until then tells of each hundred.
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { openCairn } from 'cairn-memory'

const [name, options, { writes = Number.POSITIVE_INFINITY, callers = 4, session = '', shared = '' }] = process.argv
  .slice(2)
  .map((arg) => JSON.parse(arg))
const input = createInterface({ input: process.stdin })
const print = (/** @type {unknown} */ line) => console.log(JSON.stringify(line))

print('ready')
await once(input, 'line')
let running = true
input.once('line', () => {
  running = false
})

let stored = 0
/** @type {string[]} */
const errors = []
/**
 * @param {import('cairn-memory').Cairn} cairn
 * @param {number} caller
 */
async function write(cairn, caller) {
  for (let i = caller; running && i < writes; i += callers) {
    try {
      if (session) {
        const event = { eventId: `${name}-${i}`, type: /** @type {const} */ ('message'), actor: 'user', content: { i } }
        await cairn.sessions.appendEvent(session, { ...event, stateDelta: { [`${name}-${i}`]: i } })
      } else if (shared) await cairn.memories.update('user:alice', shared, `${name}-${i}`)
      else {
        const memory = { namespace: 'user:alice', key: `${name}-${i}`, value: `pebble ${i}` }
        await cairn.memories.add({ ...memory, type: 'semantic' })
      }
      stored++
      if (writes === Number.POSITIVE_INFINITY && stored % 100 === 0) print('another hundred')
    } catch (error) {
      const { code, message } = /** @type {import('cairn-memory').CairnError} */ (error)
      errors.push(`${code}: ${message}`)
    }
  }
}

try {
  const cairn = await openCairn(options)
  await Promise.all(Array.from({ length: callers }, (_, caller) => write(cairn, caller)))
  await cairn.close()
} catch (error) {
  errors.push(String(error))
}
print({ stored, errors: [...new Set(errors)] })
input.close()
