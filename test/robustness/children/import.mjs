// @ts-check
// Imports a file, tells how far it is, and then what came of it and how much memory it took.
import process from 'node:process'
import { openCairn } from 'cairn-memory'

const [db, file] = process.argv.slice(2).map((arg) => JSON.parse(arg))
const print = (/** @type {unknown} */ line) => console.log(JSON.stringify(line))

const cairn = await openCairn(db)
const before = process.memoryUsage().rss
const report = await cairn.import(file, { onProgress: ({ pass, records }) => print({ pass, records }) })
const grown = process.resourceUsage().maxRSS * 1024 - before
await cairn.close()
print({ report, grown })
