// @ts-check
// Writes until the disk is full. Prints { stored: [keys] } for each group, then how it was refused, then what still works.
import process from 'node:process'
import { openCairn } from 'cairn-memory'

const [options] = process.argv.slice(2).map((arg) => JSON.parse(arg))
const print = (/** @type {unknown} */ line) => console.log(JSON.stringify(line))

const cairn = await openCairn(options)
/** @type {Set<string>} */
const codes = new Set()
let refused = 0
for (let group = 0; refused < 100 && group < 2000; group++) {
  const keys = Array.from({ length: 20 }, (_, index) => `${group}-${index}`)
  const value = { text: `pebble ${group}`, padding: 'x'.repeat(2000) }
  const outcomes = await Promise.allSettled(
    keys.map((key) => cairn.memories.add({ namespace: 'user:alice', key, value, type: 'semantic' })),
  )
  const stored = keys.filter((_, index) => outcomes[index]?.status === 'fulfilled')
  if (stored.length > 0) print({ stored })
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue
    refused++
    codes.add(outcome.reason.hint ? outcome.reason.code : `${outcome.reason.code} without a hint`)
  }
}
const { hits } = await cairn.search('pebble')
print({ codes: [...codes], refused, listed: (await cairn.memories.list()).items.length, found: hits.length })
await cairn.close()
