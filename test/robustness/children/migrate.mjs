// @ts-check
// Takes a store one made-up schema further, as the next release would. Prints the steps taken, or the error's code.
import process from 'node:process'
import { loadMigrations, migrate } from '../../../dist/storage/sqlite/migrations.js'
import { openDatabase } from '../../../dist/storage/sqlite/open-database.js'

const [path, up] = process.argv.slice(2).map((arg) => JSON.parse(arg))
const known = loadMigrations()
const migrations = [...known, { version: known.length + 1, name: 'made_up', up, down: 'drop table made_up' }]
const db = openDatabase(path, { role: 'writer', durability: 'full', busyTimeoutMs: 5000 })
console.log(JSON.stringify({ ready: true }))
if (process.argv.includes('"wait"')) await new Promise((resolve) => process.stdin.once('data', resolve))
try {
  const steps = migrate(db, { migrations, now: 1 })
  console.log(JSON.stringify({ steps: steps.length }))
} catch (error) {
  const { code, hint, message } = /** @type {import('cairn-memory').CairnError} */ (error)
  console.log(JSON.stringify({ code, hint, message }))
}
db.close()
process.stdin.destroy()
