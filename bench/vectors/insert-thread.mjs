// Stores vectors and codes at a steady rate, in commits of 20, until told to stop.
import { parentPort, workerData } from 'node:worker_threads'
import { encode } from '../../dist/vectors/codes.js'
import { bytesOf, inserts, openWriter } from './store.mjs'

const { path, vectors, rate, firstItem } = workerData
const together = 20
const db = openWriter(path)
const [insertVector, insertCode] = [db.prepare(inserts.vector), db.prepare(inserts.code)]
const start = performance.now()
let stored = 0

const store = db.transaction((from, to) => {
  for (let i = from; i < to; i++) {
    const vector = vectors[i % vectors.length]
    insertVector.run(firstItem + i, bytesOf(vector))
    insertCode.run(firstItem + i, encode(vector))
  }
})

const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - start) / 1000) * rate)
  for (; stored + together <= due; stored += together) store(stored, stored + together)
}, 5)

parentPort.on('message', () => {
  clearInterval(timer)
  const seconds = (performance.now() - start) / 1000
  db.exec(`delete from vectors where item >= ${firstItem}; delete from codes where item >= ${firstItem}`)
  db.close()
  parentPort.postMessage({ stored, rate: stored / seconds })
  parentPort.close()
})
