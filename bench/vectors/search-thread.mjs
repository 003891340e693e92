// A reader thread as the product has them: a connection of its own, and the index in its memory.
import { parentPort, workerData } from 'node:worker_threads'
import { CodeIndex } from '../../dist/vectors/code-index.js'
import { countToRescore, rescore, vectorOf } from '../../dist/vectors/rescore.js'
import { dimensions, openReader } from './store.mjs'

const db = openReader(workerData.path)
const readVector = db.prepare('select vector from vectors where item = ?').pluck()
const readCodes = db.prepare('select item, code from codes where item > ? order by item').raw()
let index
let newest = 0

/** Takes up what was stored since the last time. */
function catchUp() {
  for (const [item, code] of readCodes.iterate(newest)) {
    index.set(item, code)
    newest = item
  }
}

function search({ query, count, among, rescored = countToRescore(count) }) {
  catchUp()
  const nearest = index.search(query, rescored, among)
  const read = (item) => {
    const bytes = readVector.get(item)
    return bytes && vectorOf(bytes)
  }
  return rescore(
    query,
    nearest.map(({ item }) => item),
    read,
    count,
  ).map(({ item }) => item)
}

const answers = {
  load() {
    index = new CodeIndex(dimensions)
    newest = 0
    const start = performance.now()
    catchUp()
    return { ms: performance.now() - start, size: index.size, bytes: index.bytes }
  },
  search(request) {
    const start = performance.now()
    const items = search(request)
    return { items, ms: performance.now() - start }
  },
  newest: () => newest,
}

parentPort.on('message', ({ name, request }) => parentPort.postMessage(answers[name](request)))
