// Plays a conversation into a fresh store and shows what the store makes of it. See --help.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import process from 'node:process'
import { CairnError, openCairn } from 'cairn-memory'
import { actApart } from './acts/apart.mjs'
import { actAsk } from './acts/ask.mjs'
import { actClocks } from './acts/clocks.mjs'
import { actCost } from './acts/cost.mjs'
import { actDocuments } from './acts/documents.mjs'
import { actHistory } from './acts/history.mjs'
import { actPlay } from './acts/play.mjs'
import { actState } from './acts/state.mjs'
import { actSwarm } from './acts/swarm.mjs'
import { actTrail } from './acts/trail.mjs'
import { help, parseArguments, UsageError, writtenConversation } from './arguments.mjs'
import { readLabelledQuestions } from './labelled-questions.mjs'
import { createClock, createMeter } from './meter.mjs'
import { readConversation } from './read-conversation.mjs'
import { createStage } from './stage.mjs'
import { storyOf } from './story-of-any.mjs'
import { teaHouse } from './story-tea-house.mjs'
import { dayFormat } from './words.mjs'

const acts = [actPlay, actAsk, actClocks, actHistory, actApart, actState, actTrail, actSwarm, actDocuments, actCost]

/** Everything that the acts share. */
function prepare(options) {
  const { path, keep } = options
  const given = path !== writtenConversation
  const sessions = readConversation(path)
  const dayOf = dayFormat(sessions)
  return {
    command: commandFor(given ? path : undefined, keep),
    given,
    keep,
    sessions,
    dayOf,
    turns: new Map(sessions.flatMap(({ turns }) => turns.map((turn) => [turn.id, turn]))),
    story: given ? storyOf(sessions, readLabelledQuestions(path), dayOf) : teaHouse,
    stage: createStage({ stream: process.stdout, environment: process.env, fast: options.fast }),
    clock: createClock(),
    meter: createMeter(),
  }
}

/** The command that does the same again. */
function commandFor(path, keep) {
  const near = path === undefined ? [] : [relative('.', path), path].sort((a, b) => a.length - b.length)
  const given = [...near.slice(0, 1), ...(keep ? ['--keep'] : [])]
  return ['npm run demo', ...(given.length > 0 ? ['--'] : []), ...given].join(' ')
}

/**
 * However the demo ends (the end, an error, Ctrl-C, a closed pipe), its folder goes. Only a run that came to its end
 * keeps it, when asked to.
 */
function createEnding() {
  const ending = { folder: undefined, cairn: undefined, kept: false, isLeaving: false }
  const leave = (code) => {
    // Pressed twice: whoever asks again does not want to wait for the store.
    if (ending.isLeaving) process.exit(code)
    ending.isLeaving = true
    void Promise.resolve(ending.cairn?.close()).finally(() => process.exit(code))
  }
  for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
    process.on(signal, () => leave(code))
  }
  process.stdout.on('error', ({ code }) => leave(code === 'EPIPE' ? 0 : 1))
  process.on('exit', () => {
    if (ending.folder && !ending.kept) rmSync(ending.folder, { recursive: true, force: true, maxRetries: 3 })
  })
  return ending
}

async function main() {
  const options = parseArguments(process.argv.slice(2))
  if (options.help) return void process.stdout.write(help)
  const show = prepare(options)
  const ending = createEnding()
  ending.folder = mkdtempSync(join(tmpdir(), 'cairn-demo-'))
  const file = join(ending.folder, 'demo.db')
  ending.cairn = await openCairn({ db: file, now: show.clock.now })
  try {
    for (const act of acts) await act({ ...show, cairn: ending.cairn, file })
    ending.kept = options.keep
  } catch (error) {
    // What still ran while the store was being closed has nothing to say.
    if (!ending.isLeaving) throw error
  } finally {
    await ending.cairn.close()
  }
}

try {
  await main()
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n`)
  else if (error instanceof CairnError) process.stderr.write(`${error.code}: ${error.message}\n${error.hint ?? ''}\n`)
  else throw error
  process.exitCode = error instanceof UsageError ? 2 : 1
}
