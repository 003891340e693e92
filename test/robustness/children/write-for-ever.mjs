// Writes a file that never ends, and says when it has begun to.
import { Readable } from 'node:stream'
import { writeToFile } from '../../../dist/cli/lines-out.js'

const path = JSON.parse(process.argv[2])

async function* pieces() {
  for (let n = 0; ; n++) {
    if (n === 100) console.log('"writing"')
    yield 'x'.repeat(1000)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

await writeToFile(Readable.from(pieces()), path)
