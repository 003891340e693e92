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
    console.log('ready')
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
    const found = { early: 0, most: 0 }
    await cairn.documents.sync(folder, {
      onProgress: ({ done, total }) => {
        const megabytes = process.memoryUsage().rss / 1e6
        if (done <= total / 4) found.early = Math.max(found.early, megabytes)
        else found.most = Math.max(found.most, megabytes)
      },
    })
    console.log(JSON.stringify(found))
  },
}

await jobs[job]()
await cairn.close()
