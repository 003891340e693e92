// A set in the form of corpus.jsonl {id, text, …}, queries.jsonl {id, text, …} and qrels.jsonl {query, doc, score}.
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

export function readLines(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)]))
}

/** `form` is conversations where turns have one, pages where ids are paths of markdown files, abstracts otherwise. */
export function readSet(folder) {
  const missing = ['corpus.jsonl', 'queries.jsonl', 'qrels.jsonl'].filter((file) => !existsSync(join(folder, file)))
  if (missing.length > 0) {
    console.error(`skipped: ${missing.join(', ')} of ${folder} is not here`)
    process.exit(2)
  }
  const corpus = readLines(join(folder, 'corpus.jsonl'))
  const wanted = new Map()
  for (const { query, doc, score } of readLines(join(folder, 'qrels.jsonl'))) {
    if (score > 0) wanted.set(query, (wanted.get(query) ?? new Map()).set(doc, score))
  }
  const queries = readLines(join(folder, 'queries.jsonl'))
    .filter(({ id, score = true }) => score && wanted.has(id))
    .map((query) => ({ ...query, wanted: wanted.get(query.id) }))
  return { name: basename(resolve(folder)), form: formOf(corpus), corpus, queries }
}

function formOf(corpus) {
  if (corpus.every(({ conversation, session }) => conversation && session)) return 'conversations'
  return corpus.every(({ id }) => /\.mdx?$/.test(id)) ? 'pages' : 'abstracts'
}
