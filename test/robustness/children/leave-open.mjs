// @ts-check
// `leave-open.mjs OPTIONS`: adds a memory to a store that embeds in the background, and after a line on its input it has
// nothing more to do, with the store still open.
import { once } from 'node:events'
import process from 'node:process'
import { openCairn } from 'cairn-memory'

const cairn = await openCairn(JSON.parse(process.argv[2] ?? '{}'))
await cairn.memories.add({ namespace: 'user:alice', key: 'a', value: 'pebble', type: 'semantic' })
console.log(JSON.stringify('added'))
await once(process.stdin, 'data')
process.stdin.destroy()
