// A prompt context from 200 candidates: memories of app, project and user, the state, 50 recent events and 30 hits among
// 3,000 items; and one of 30 hits in documents. Nothing is beside it; the search alone is shown for comparison.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCairn } from '../../dist/index.js'
import { eventInput, makeTexts, memoryInput } from './rows.mjs'
import { quantile, round, timeEach } from './statistics.mjs'

const owner = { app: 'bench', user: 'alice', project: 'bench' }
const runs = 300

export async function measureContext(context) {
  const cairn = await openCairn(context.folder.file('context.db'))
  try {
    const texts = makeTexts(5)
    await fill(cairn, texts)
    const agent = cairn.as(owner)
    const query = () => texts.text(5)
    const build = (options) => agent.context({ session: 's1', task: 't1', query: query(), ...options })
    await timeEach(30, () => build({}))
    const { manifest } = await build({})
    const candidates = manifest.included.length + manifest.left.length
    const search = await timeEach(runs, () => agent.search(query(), { limit: 30 }))
    const small = await timeEach(runs, () => build({ budgetTokens: 4_000 }))
    const large = await timeEach(runs, () => build({ budgetTokens: 20_000 }))
    const pages = await measurePages(cairn, context.folder.file('pages'), texts)
    const busy = []
    for (let i = 0; i < runs; i++) {
      const before = process.cpuUsage()
      await build({ budgetTokens: 4_000 })
      const { user, system } = process.cpuUsage(before)
      busy.push((user + system) / 1000)
    }
    return [
      { operation: 'search for 30 of the 3,000 alone, p99', ...figures(search) },
      { operation: `context of 4,000 tokens from ${candidates} candidates, p99`, ...figures(small), atMost: 100 },
      { operation: `context of 20,000 tokens from ${candidates} candidates, p99`, ...figures(large), atMost: 100 },
      { operation: 'context of 4,000 tokens from 30 sections of 300 pages, p99', ...figures(pages), atMost: 100 },
      { operation: 'processor time of a context of 4,000 tokens, all threads, p99', ...figures(busy) },
    ]
  } finally {
    await cairn.close()
  }
}

async function measurePages(cairn, folder, texts) {
  mkdirSync(folder)
  const section = () => `## ${texts.text(4)}\n\n${texts.text(60)}\n\n`
  for (let page = 0; page < 300; page++) {
    const sections = Array.from({ length: 8 }, section)
    writeFileSync(join(folder, `${page}.md`), `# ${texts.text(3)}\n\n${sections.join('')}`)
  }
  const reader = cairn.as({ app: 'bench', user: 'carol', project: 'pages' })
  await cairn.documents.sync(folder, { namespace: 'project:pages' })
  return timeEach(runs, () => reader.context({ query: texts.text(5) }))
}

async function fill(cairn, texts) {
  const add = async (namespace, count, type = 'semantic') => {
    const entries = Array.from({ length: count }, (_, id) => ({
      ...memoryInput(texts, id),
      ...{ namespace, key: `${type}-${id}`, type },
    }))
    for (let from = 0; from < count; from += 1_000) await cairn.memories.addMany(entries.slice(from, from + 1_000))
  }
  await add('app:bench:rules', 40)
  await add('project:bench', 500)
  await add('user:alice:notes', 500)
  await add('user:alice:days', 1_000, 'episodic')
  const state = Object.fromEntries(Array.from({ length: 20 }, (_, id) => [`key${id}`, texts.text(8)]))
  await cairn.sessions.create({ ...owner, id: 's1', state })
  const events = Array.from({ length: 1_000 }, (_, id) => eventInput(texts, `c-${id}`))
  await cairn.sessions.appendEvents('s1', events)
  await cairn.tasks.submit({ ...owner, id: 't1', prompt: texts.text(60) })
}

function figures(times) {
  const [p50, p99] = [0.5, 0.99].map((q) => round(quantile(times, q), 2))
  return { measured: `p50 ${p50}, p99 ${p99} ms`, value: p99 }
}
