// @ts-check
// `watch-as-nobody.mjs STORE FOLDER`: watches as a user without rights. Prints what it is told. Ends with its stdin.
import process from 'node:process'
import { openCairn } from '../../../dist/index.js'

const [path, folder] = process.argv.slice(2).map((arg) => JSON.parse(arg))
if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(65534)
  process.setuid?.(65534)
}

/** @param {object} line */
const tell = (line) => console.log(JSON.stringify(line))
const cairn = await openCairn({ db: path, threads: false })
const watcher = await cairn.documents.watch(folder, { debounceMs: 50 })
watcher.on('failure', ({ code, message }) => tell({ failure: { code, message } }))
watcher.on('back', ({ message }) => tell({ back: message }))
watcher.on('sync', ({ added, skipped }) => tell({ added, skipped: skipped.length }))
watcher.on('watching', () => tell({ watching: true }))
process.stdin.resume().once('end', () => void cairn.close())
