// A process of its own for measurements: `child.mjs write STORE` adds memories until stdin ends; `child.mjs memory STORE
// FOLDER` syncs and looks at how much memory that takes.
import { setTimeout as sleep } from 'node:timers/promises'
import { openCairn } from '../../dist/index.js'

const [job, path, folder] = process.argv.slice(2)
const cairn = await openCairn(path)

const jobs = {
  async write() {
    let through = false
    process.stdin.on('end', () => {
      through = true
    })
    process.stdin.resume()
    const times = []
    for (let count = 0; !through; count++) {
      const start = performance.now()
      await cairn.memories.add({ namespace: 'user:other', key: `k${count}`, type: 'semantic', value: `note ${count}` })
      times.push(performance.now() - start)
      await sleep(10)
    }
    console.log(JSON.stringify(times))
  },

  async memory() {
    const most = { early: 0, late: 0 }
    const { added } = await cairn.documents.sync(folder, {
      onProgress: ({ done, total }) => {
        const half = done <= total / 2 ? 'early' : 'late'
        most[half] = Math.max(most[half], process.memoryUsage().rss / 1e6)
      },
    })
    console.log(JSON.stringify({ ...most, files: added }))
  },
}

await jobs[job]()
await cairn.close()
