// Writes beside the raw loop. Rounds alternate between the two, each on its own copy of the same file, and the median
// of the ratios of the rounds is what counts, since the machine's speed drifts.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openCairn } from '../../dist/index.js'
import { openRaw, rawInGroups, rawWriters } from './raw.mjs'
import { eventInput, eventRow, makeTexts, memoryInput, memoryRow } from './rows.mjs'
import { median, quantile, round, timeEach, timeTogether } from './statistics.mjs'
import { copies, insertSession, owner } from './stores.mjs'

const rounds = 7
const callers = 50

async function withBoth(context, measure) {
  const [rawPath, cairnPath] = copies(context.folder, context.mainStore, ['raw', 'cairn'])
  const db = openRaw(rawPath)
  const cairn = await openCairn(cairnPath)
  try {
    return await measure(db, rawWriters(db), cairn)
  } finally {
    await cairn.close()
    db.close()
  }
}

export async function measureAdds(context) {
  return withBoth(context, async (db, writers, cairn) => {
    const texts = makeTexts(11)
    let id = 1_000_000
    const inputs = (count) => Array.from({ length: count }, () => memoryInput(texts, id++))
    const rawAdd = (input) => writers.addMemory(memoryRow(input, id++))
    await timeTogether(
      2_000,
      callers,
      (
        (warm) => (i) =>
          cairn.memories.add(warm[i])
      )(inputs(2_000)),
    )
    const together = []
    const alone = []
    const delays = []
    for (let n = 0; n < rounds; n++) {
      const [rawInputs, cairnInputs] = [inputs(4_000), inputs(4_000)]
      const raw = rawInGroups(db, rawInputs, callers, rawAdd)
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      const mine = await timeTogether(4_000, callers, (i) => cairn.memories.add(cairnInputs[i]))
      delay.disable()
      delays.push(delay.percentile(99) / 1e6)
      together.push({ raw: 4_000 / raw, mine: 4_000 / mine, ratio: raw / mine })
      const [rawOne, cairnOne] = [inputs(500), inputs(500)]
      const rawAlone = median(rawOne.map((input) => rawInGroups(db, [input], 1, rawAdd)))
      const mineAlone = median(await timeEach(500, (i) => cairn.memories.add(cairnOne[i])))
      alone.push({ raw: rawAlone, mine: mineAlone, ratio: mineAlone / rawAlone })
    }
    return [
      row('add, 50 callers', together, (v) => `${round(v * 1000, 0)}/s`, { atLeast: 0.8 }),
      row('add, one caller', alone, (v) => `${round(v)} ms`, { atMost: 2 }),
      {
        operation: 'event-loop delay under 50 writers, p99',
        measured: `${round(median(delays), 2)} ms`,
        value: round(median(delays), 2),
        atMost: 5,
      },
    ]
  })
}

export async function measureAppends(context) {
  return withBoth(context, async (db, writers, cairn) => {
    const texts = makeTexts(12)
    let id = 0
    const agent = cairn.as(owner)
    await agent.sessions.create({ id: 'shared' })
    insertSession(db, 'shared')
    const seqs = {}
    const nextSeq = (session) => {
      seqs[session] ??= db.prepare('select last_seq from sessions where id = ?').pluck().get(session)
      return ++seqs[session]
    }
    const inputs = (count) => Array.from({ length: count }, () => eventInput(texts, `x${id++}`))
    const rawAppend = (input) => writers.appendEvent(eventRow(input, 'shared', nextSeq('shared')))
    const alone = { s10: [], s1000: [], s100000: [] }
    const together = []
    for (let n = 0; n < rounds; n++) {
      // One call for each session in turn: what the machine does meanwhile hits all three alike.
      for (let i = 0; i < 30; i++) {
        for (const session of Object.keys(alone)) {
          const [event] = inputs(1)
          alone[session].push(...(await timeEach(1, () => agent.sessions.appendEvent(session, event))))
        }
      }
      const [rawInputs, events] = [inputs(4_000), inputs(4_000)]
      const raw = rawInGroups(db, rawInputs, callers, rawAppend)
      const mine = await timeTogether(4_000, callers, (i) => agent.sessions.appendEvent('shared', events[i]))
      together.push({ raw, mine, ratio: mine / raw })
    }
    const ms = (session) => round(median(alone[session]))
    const spread = Math.max(ms('s10'), ms('s1000'), ms('s100000')) / Math.min(ms('s10'), ms('s1000'), ms('s100000'))
    return [
      {
        operation: 'append to a session of 10 / 1,000 / 100,000 events, p50',
        measured: `${ms('s10')} / ${ms('s1000')} / ${ms('s100000')} ms`,
        value: round(spread, 2),
        atMost: 1.25,
      },
      row('append, 50 callers, one session', together, (v) => `${round((4_000 / v) * 1000, 0)}/s`, { atMost: 1.5 }),
    ]
  })
}

export async function measureSessions(context) {
  return withBoth(context, async (db, writers, cairn) => {
    const texts = makeTexts(13)
    const agent = cairn.as(owner)
    let id = 0
    const results = []
    for (let n = 0; n < 3; n++) {
      const ids = Array.from({ length: 50 }, (_, i) => `many-${n}-${i}`)
      const inputs = ids.map(() => Array.from({ length: 100 }, () => eventInput(texts, `m${id++}`)))
      const insert = db.prepare(
        `insert into sessions (id, app_id, user_id, status, created_at, updated_at) values (?, 'bench', 'alice', 'active', 0, 0)`,
      )
      for (const session of ids) insert.run(session)
      const rows = inputs.flatMap((events, s) => events.map((event, i) => ({ event, session: ids[s], seq: i + 1 })))
      const rawAppend = ({ event, session, seq }) => writers.appendEvent(eventRow(event, session, seq))
      const raw = rawInGroups(db, rows, 1, rawAppend)
      await Promise.all(ids.map((session) => agent.sessions.create({ id: session })))
      const times = []
      const start = performance.now()
      await Promise.all(
        ids.map(async (session, s) => {
          for (const event of inputs[s]) {
            const from = performance.now()
            await agent.sessions.appendEvent(session, event)
            times.push(performance.now() - from)
          }
        }),
      )
      const mine = performance.now() - start
      results.push({ raw, mine, ratio: mine / raw, p99: quantile(times, 0.99) })
    }
    return [
      row('50 sessions × 100 appends against one by one', results, (v) => `${round(v, 0)} ms`, { atMost: 0.5 }),
      {
        operation: 'roadmap: 50 concurrent sessions, append p99',
        measured: `${round(median(results.map((r) => r.p99)), 1)} ms`,
        value: round(median(results.map((r) => r.p99)), 1),
        atMost: 20,
      },
    ]
  })
}

function row(operation, results, format, limit) {
  const of = (field) => median(results.map((result) => result[field]))
  return {
    operation,
    measured: format(of('mine')),
    yardstick: format(of('raw')),
    value: round(of('ratio'), 2),
    ratio: true,
    ...limit,
  }
}
