// A process of its own for measurements of whole processes: `child.mjs read|fill-log|append STORE …`.
import { statSync } from 'node:fs'
import { openCairn } from '../../dist/index.js'

const [job, path, ...args] = process.argv.slice(2)

const jobs = {
  async read(namespace, key) {
    const cairn = await openCairn({ db: path, create: false })
    const memory = await cairn.memories.get(namespace, key)
    console.log(memory.version)
    await cairn.close()
  },

  /** Writes until the log has 64 MB, which a reader that stays keeps from being copied back. */
  async 'fill-log'() {
    const { default: Database } = await import('better-sqlite3')
    const cairn = await openCairn({ db: path, create: false })
    const reader = new Database(path, { readonly: true })
    reader.exec('begin')
    reader.prepare('select count(*) from sessions').get()
    const filler = 'x'.repeat(50_000)
    for (let n = 0; ; n++) {
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          cairn.memories.add({
            namespace: 'user:log',
            key: `${n}-${i}`,
            type: 'semantic',
            value: { text: 'log', filler },
          }),
        ),
      )
      if (statSync(`${path}-wal`).size >= 64 << 20) break
    }
    console.log('full')
    await new Promise(() => setInterval(() => undefined, 1000))
  },

  async append(session, milliseconds) {
    const cairn = await openCairn({ db: path, create: false })
    const agent = cairn.as({ app: 'bench', user: 'alice' })
    await agent.sessions.get(session)
    console.log('ready')
    await new Promise((resolve) => process.stdin.once('data', resolve))
    const times = []
    for (const end = performance.now() + Number(milliseconds); performance.now() < end; ) {
      const from = performance.now()
      await agent.sessions.appendEvent(session, {
        type: 'message',
        actor: 'agent',
        content: { text: `from ${process.pid} number ${times.length}` },
      })
      times.push(performance.now() - from)
    }
    console.log(JSON.stringify({ times }))
    await cairn.close()
    process.stdin.destroy()
  },
}

await jobs[job](...args)
