// @ts-check
// `embed.mjs OPTIONS TASK SKEW`: opens a store with a model, with a clock that is ahead. `run` embeds what is due and
// `migrate` fills the space of the model, both with a line for each round and one for how it ended; `background` adds the
// memories that it reads, a list in each line, and embeds beside that until a line says stop.
import process from 'node:process'
import { createInterface } from 'node:readline'
import { openCairn } from 'cairn-memory'

const [options, task, skew = 0] = process.argv.slice(2).map((arg) => JSON.parse(arg))
const print = (/** @type {unknown} */ line) => console.log(JSON.stringify(line))

const background = task === 'background'
const cairn = await openCairn({ ...options, background, now: () => Date.now() + skew })
print('open')
if (background) {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'stop') break
    await cairn.memories.addMany(JSON.parse(line))
    print('added')
  }
} else {
  try {
    if (task === 'migrate') await cairn.embeddings.migrate()
    await cairn.embeddings.run({ onRound: () => print('round') })
    print('done')
  } catch (error) {
    const { code, message, hint } = /** @type {import('cairn-memory').CairnError} */ (error)
    print({ code, message, hint })
  }
}
await cairn.close()
process.stdin.destroy()
