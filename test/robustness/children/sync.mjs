// `sync.mjs STORE FOLDER`: syncs, with a line for each file that is stored and the report at the end.
import { openCairn } from '../../../dist/index.js'

const [path, folder] = process.argv.slice(2).map((text) => JSON.parse(text))
const cairn = await openCairn({ db: path })
const report = await cairn.documents.sync(folder, { onProgress: (progress) => console.log(JSON.stringify(progress)) })
console.log(JSON.stringify(report))
await cairn.close()
