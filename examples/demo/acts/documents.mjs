import { cpSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { clip, clipMarked, widthOf } from '../text-width.mjs'
import { count, millis, seconds } from '../words.mjs'

const project = fileURLToPath(new URL('../../../', import.meta.url))

/** What a new user asks, and the page that says it. */
const asked = [
  { text: 'How do I restore a deleted memory?', page: 'docs/cli.md' },
  { text: 'What happens to a task when its worker dies?', page: 'docs/tasks.md' },
  { text: 'Which exit code does an absent key have?', page: 'docs/cli.md' },
  { text: 'How do I move my memories from mem0?', page: 'docs/moving-in.md' },
]
const edit = {
  page: 'docs/tasks.md',
  section: '\n## House rules\n\nWorkers rest on Sundays.\n',
  text: 'When do workers rest?',
  heading: 'House rules',
}

/** The pages of this project, indexed and asked: README.md and docs/. A page that is not found first is a failure. */
export async function actDocuments(show, { questions = asked } = {}) {
  const { stage, file } = show
  // Copies, since one of them is edited.
  const folder = join(dirname(file), 'pages')
  cpSync(join(project, 'README.md'), join(folder, 'README.md'))
  cpSync(join(project, 'docs'), join(folder, 'docs'), { recursive: true, filter: (path) => !path.includes('pictures') })
  await stage.act(
    'Documents on disk',
    'Cairn’s own README.md and docs, synced and asked what a new user asks. A ✓ is the page that says it; it must come first.',
  )
  await syncAll(show, folder)
  let misses = 0
  for (const question of questions) {
    stage.line()
    if (!(await showAnswer(show, question))) misses += 1
    await stage.beat(100)
  }
  if (!(await showEdit(show, folder))) misses += 1
  if (misses === 0) return
  process.exitCode = 1
  stage.line()
  stage.text(`${count(misses, 'answer')} not as expected.`, stage.paint.red)
}

async function syncAll({ cairn, stage }, folder) {
  const { bold } = stage.paint
  const { added, tookMs } = await cairn.documents.sync(folder)
  const { items } = await cairn.documents.status()
  const chunks = items.reduce((sum, each) => sum + each.chunks, 0)
  stage.text(`${bold(count(added, 'page'))}, ${bold(count(chunks, 'section'))}, indexed in ${seconds(tookMs)}`)
}

/** The best two hits, the first with its passage; whether it is what was expected. */
async function showAnswer(show, { text, page, heading = '' }) {
  const { stage, meter, cairn } = show
  const { bold, dim, green, red, underline } = stage.paint
  const { hits } = await meter.search(() => cairn.search(text, { kinds: ['document'], limit: 2 }))
  const [first] = hits
  const isFound = first?.ref.path === page && (first.ref.heading ?? '').endsWith(heading)
  stage.text(`${bold(text)}  ${dim(millis(meter.searches.at(-1)))}`)
  for (const hit of hits) {
    const mark = hit === first && isFound ? { text: '✓', paint: green } : ' '
    await stage.rows([[mark, await placeOfHit(show, hit)]])
    if (hit === first) {
      const { snippet } = hit
      stage.text(
        clipMarked(snippet, Number.POSITIVE_INFINITY, (part) => bold(underline(part))),
        undefined,
        6,
      )
    }
  }
  if (!isFound) stage.text(`✗  ${page} should be the first`, red)
  return isFound
}

/** Title and headings, those between left out where they do not fit, and the lines. */
async function placeOfHit({ cairn, stage }, { ref }) {
  const { cyan, dim } = stage.paint
  const { title } = await cairn.documents.get(join(ref.root, ref.path))
  const headings = (ref.heading ?? '').split(' > ').filter((part) => part !== '' && part !== title)
  const lines = `${stage.width < 72 ? '' : `${ref.path}, `}lines ${ref.lines.join('–')}`
  const draw = (width) => {
    const room = width - widthOf(lines) - 2
    const places = [headings, headings.slice(-1)].map((parts) => [title, ...parts].join(' › '))
    const place = places.find((each) => widthOf(each) <= room) ?? places[1]
    return `${cyan(clip(place, room))}  ${dim(lines)}`
  }
  return { draw }
}

/** One page is edited: the next sync reads it again, and no other. */
async function showEdit(show, folder) {
  const { cairn, stage } = show
  const { bold, cyan, green, red } = stage.paint
  const path = join(folder, edit.page)
  await appendFile(path, edit.section)
  const { added, changed, moved, removed, unchanged, tookMs } = await cairn.documents.sync(folder)
  const isAlone = changed === 1 && added + moved + removed === 0
  const report = (isAlone ? green : red)(`${changed} changed, ${unchanged} unchanged`)
  stage.line()
  stage.text(`A section is added to ${cyan(edit.page)}. The next sync: ${report}, in ${bold(millis(tookMs))}.`)
  return (await showAnswer(show, edit)) && isAlone
}
