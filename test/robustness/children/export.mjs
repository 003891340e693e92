// @ts-check
// Exports a store into a file, and tells how much memory it took.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import process from 'node:process'
import { openCairn } from 'cairn-memory'

const [db, file] = process.argv.slice(2).map((arg) => JSON.parse(arg))
const cairn = await openCairn(db)
const before = process.memoryUsage().rss
const out = createWriteStream(file)
for await (const line of cairn.export()) if (!out.write(line)) await once(out, 'drain')
out.end()
await once(out, 'close')
const grown = process.resourceUsage().maxRSS * 1024 - before
await cairn.close()
console.log(JSON.stringify({ bytes: out.bytesWritten, grown }))
