import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { root } from '../../src/access/principal.js'
import type { Cairn } from '../../src/cairn.js'
import type { ImportReport, InterchangeRecord } from '../../src/index.js'
import { importRecords } from '../../src/ops/import.js'
import { openSqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js'
import { refusal } from '../helpers/refusal.js'
import { makeFolder, openStore } from '../store.js'
import { exported, fileOf, fill, recordsOf } from './full-store.js'
import {
  aCheckpoint,
  aMemory,
  anAgent,
  anAuditLine,
  anEvent,
  anOperation,
  aSession,
  aState,
  aTask,
  later,
  waitsFor,
} from './records.js'

type Records = (object | string)[]

/** What is wrong with a file of these records, as `line: reason`. The first record is on line 2. */
async function problemsOf(cairn: Cairn, text: string): Promise<string[]> {
  const { details } = await refusal(cairn.import([text]), 'invalid_input')
  const problems = details?.problems as { line: number; reason: string }[]
  return problems.map(({ line, reason }) => `${line}: ${reason}`)
}

/** What became of the records, by kind: `event 1/0/2` for 1 added, 0 there already, 2 different. */
function summary({ records }: ImportReport): string[] {
  return Object.entries(records).map(([kind, { added, same, different }]) => `${kind} ${added}/${same}/${different}`)
}

describe('a file at fault', () => {
  it.each<[string, Records, string[]]>([
    ['no JSON', ['{"record":"session"'], [expect.stringMatching(/^2: is not JSON/)]],
    ['an event without its session', [anEvent()], ['2: its session s1 is not before it in the file']],
    ['an operation without its session', [anOperation()], ['2: its session s1 is not before it in the file']],
    [
      'state of a session that is not there',
      [aState({ scope: 'session', owner: 's1' })],
      ['2: its session s1 is not before it in the file'],
    ],
    ['an event behind the last', [aSession(), anEvent({ seq: 3 })], ['3: event 3 is after the last of its session, 2']],
    [
      'an event before the fork',
      [aSession(), aSession({ id: 's2', parent: 's1', forkedAtSeq: 2 }), anEvent({ session: 's2', seq: 2 })],
      ['4: event 2 is before the fork of its session, which begins after it'],
    ],
    [
      'two events of one id',
      [aSession(), anEvent(), anEvent({ seq: 2, eventId: 'e1' })],
      ['4: another event of its session has the id e1'],
    ],
    ['a session twice', [aSession(), aSession()], ['3: session s1 is there twice']],
    ['a memory twice', [aMemory(), aMemory()], ['3: memory user:alice tone 1 is there twice']],
    [
      'sections in another order',
      [aMemory(), aState()],
      ['3: is out of order: state user alice theme belongs before memory user:alice tone 1'],
    ],
    [
      'names in another order',
      [aSession({ id: 's2' }), aSession()],
      ['3: is out of order: session s1 belongs before session s2'],
    ],
    [
      'a fork whose parent is nowhere',
      [aSession({ parent: 's0', forkedAtSeq: 1 })],
      ['2: its parent s0 is neither before it in the file nor in the store'],
    ],
    [
      'a fork of a session of somebody else',
      [aSession(), aSession({ id: 's2', user: 'bob', parent: 's1', forkedAtSeq: 1 })],
      ['3: its parent s1 is of another owner'],
    ],
    [
      'a fork behind the end of its parent',
      [aSession({ parent: 's2', forkedAtSeq: 2 }), aSession({ id: 's2', lastSeq: 1 })],
      ['2: its parent s2 ends at event 1, before the fork'],
    ],
    [
      'forks in a circle',
      [aSession({ parent: 's2', forkedAtSeq: 1 }), aSession({ id: 's2', parent: 's1', forkedAtSeq: 1 })],
      ['2: its parents form a circle, or lead to one', '3: its parents form a circle, or lead to one'],
    ],
    [
      'a first version that is none',
      [aMemory({ version: 2 })],
      ['2: memory user:alice tone 2 stands where version 1 belongs'],
    ],
    [
      'a version that is missing',
      [aMemory({ supersededAt: later }), aMemory({ version: 3, recordedAt: later })],
      ['3: memory user:alice tone 3 stands where version 2 belongs'],
    ],
    [
      'a chain that changes',
      [aMemory({ supersededAt: later }), aMemory({ version: 2, recordedAt: later, chain: 'c2' })],
      ['3: its chain is another than that of version 1'],
    ],
    [
      'versions with a gap in time',
      [aMemory({ supersededAt: later }), aMemory({ version: 2 })],
      ['3: it was recorded at another time than version 1 was superseded'],
    ],
    [
      'a last version that was superseded',
      [aMemory({ supersededAt: later }), aMemory({ key: 'u', supersededAt: later }), aTask()],
      [
        '2: memory user:alice tone 1 was superseded, and no version follows',
        '3: memory user:alice u 1 was superseded, and no version follows',
      ],
    ],
    [
      'a task of a session that is nowhere',
      [aTask({ session: 's9' })],
      ['2: its session s9 is neither before it in the file nor in the store'],
    ],
    [
      'a task that waits for one that is nowhere',
      [aTask(waitsFor('t9'))],
      ['2: its prerequisite t9 is neither before it in the file nor in the store'],
    ],
    [
      'tasks that wait for each other',
      [aTask(waitsFor('t2')), aTask({ id: 't2', ...waitsFor('t1') })],
      ['2: what it waits for form a circle, or lead to one', '3: what it waits for form a circle, or lead to one'],
    ],
    [
      'an agent and a checkpoint without a task',
      [anAgent({ task: 't9' }), aCheckpoint()],
      [
        '2: its task t9 is neither before it in the file nor in the store',
        '3: its task t1 is neither before it in the file nor in the store',
      ],
    ],
  ])('is named: %s', async (_, records, expected) => {
    const { cairn } = await openStore()
    expect(await problemsOf(cairn, fileOf(records))).toEqual(expected)
    expect((await cairn.info()).rows).toMatchObject({ sessions: 0, events: 0, memoryVersions: 0, audit: 0 })
  })

  it('is named with every line that is bad, up to a thousand, and nothing of it is stored', async () => {
    const { cairn } = await openStore()
    const records = Array.from({ length: 1500 }, (_, n) => aMemory({ key: `k${n}`, value: undefined }))
    const error = await refusal(cairn.import([fileOf([aSession(), ...records])]), 'invalid_input')
    expect(error.details).toMatchObject({ count: 1500 })
    expect(error.details?.problems).toHaveLength(1000)
    expect(error.message).toContain('line 3: memory: value: is missing')
    expect(error.message).toContain('and 1497 more')
    expect((await cairn.info()).rows.sessions).toBe(0)
  })

  it('is not blamed for what refers to a bad line', async () => {
    const { cairn } = await openStore()
    const bad = [aSession({ lastSeq: -1 }), aSession({ id: 's2', parent: 's1', forkedAtSeq: 1 })]
    const records = [...bad, anEvent(), anEvent({ seq: 2, eventId: 'e2' }), anOperation()]
    const tasks = [aTask({ id: 't1', priority: 11 }), aTask({ id: 't2', parent: 't1' }), aCheckpoint({ task: 't1' })]
    expect(await problemsOf(cairn, fileOf([...records, ...tasks]))).toEqual([
      expect.stringMatching(/^2: session: lastSeq/),
      expect.stringMatching(/^7: task: priority/),
    ])
    expect(await problemsOf(cairn, fileOf(['{"id":"s1","record":"session",', anEvent()]))).toEqual([
      expect.stringMatching(/^2: is not JSON/),
    ])
  })

  it('is known as cut off, wherever the cut is', async () => {
    const { cairn } = await openStore()
    const text = fileOf([aSession(), anEvent(), anEvent({ seq: 2 })])
    const lines = text.trimEnd().split('\n')
    expect(await problemsOf(cairn, `${lines.slice(0, 3).join('\n')}\n`)).toEqual([
      '3: is the last, and not the end: the file was cut off',
    ])
    expect(await problemsOf(cairn, text.slice(0, -30))).toEqual([
      expect.stringMatching(/^4: is not JSON/),
      '4: is the last, and not the end: the file was cut off',
    ])
    const missing = [...lines.slice(0, 3), ...lines.slice(4), ''].join('\n')
    expect(await problemsOf(cairn, missing)).toEqual([
      expect.stringMatching(/^4: says that 4 lines are before it; there are 3/),
    ])
  })

  it('is not two files in one, nor one that goes on behind its end', async () => {
    const { cairn } = await openStore()
    const text = fileOf([aSession()])
    const reasons = await problemsOf(cairn, `${text}${text}`)
    expect(reasons).toEqual([
      '4: stands after the end of the file',
      '5: stands after the end of the file',
      expect.stringMatching(/^6: says that/),
    ])
    expect(await problemsOf(cairn, fileOf(['{"format":"cairn","record":"header","scope":{},"version":1}']))).toEqual([
      '2: is a second header; import one file at a time',
    ])
  })

  it('is told from one of another kind, and from an empty one', async () => {
    const { cairn } = await openStore()
    for (const text of [
      '',
      '\n\n',
      '[]',
      'PK\u0003',
      '{"record":"end","lines":0}',
      '{"role":"user","content":"hi"}',
      Buffer.from([0xff, 0x0a]),
    ]) {
      const { message } = await refusal(cairn.import([text]), 'invalid_input')
      expect(message).toMatch(/^This is no file that `cairn export` made\./)
    }
  })

  it('of a newer version asks for an update', async () => {
    const { cairn } = await openStore()
    const error = await refusal(
      cairn.import(['{"format":"cairn","record":"header","scope":{},"version":2}\n']),
      'invalid_input',
    )
    expect(error.hint).toBe('Update cairn-memory, then import the file.')
  })

  it('is named where it is no UTF-8, and where a line or a value is too long', async () => {
    const { cairn } = await openStore({ limits: { valueBytes: 2000, checkpointBytes: 4000 } })
    const bad = Buffer.concat([Buffer.from(fileOf([]).split('\n')[0] ?? ''), Buffer.from([0x0a, 0xc3, 0x28, 0x0a])])
    const long = { value: 'x'.repeat(3000) }
    const records = [aMemory({ key: 'a', ...long }), aMemory({ key: 'b', value: 'x'.repeat(2_000_000) })]
    const states = [3000, 5000].map((length, n) => aCheckpoint({ iteration: n, state: 'x'.repeat(length) }))
    const { details } = await refusal(cairn.import([bad]), 'invalid_input')
    expect(details?.problems).toMatchObject([{ line: 2, reason: 'is not UTF-8 text' }, { line: 2 }])
    expect(await problemsOf(cairn, fileOf(records))).toEqual([
      '2: value has 3002 bytes; limits.valueBytes of this store is 2000',
      expect.stringMatching(/^3: has 2000\d\d\d bytes; with the limits of this store no line has more than 1052576$/),
    ])
    expect(await problemsOf(cairn, fileOf([aTask(), ...states]))).toEqual([
      '4: state has 5002 bytes; limits.checkpointBytes of this store is 4000',
    ])
  })

  it('that ends in the middle of its gzip data, or is damaged there, says so', async () => {
    const { cairn, folder } = await openStore()
    const packed = gzipSync(fileOf([aSession(), anEvent(), anEvent({ seq: 2 })]))
    writeFileSync(join(folder, 'cut.gz'), packed.subarray(0, -20))
    expect((await refusal(cairn.import(join(folder, 'cut.gz')), 'invalid_input')).message).toContain('cut off')
    packed.fill(7, 30, 60)
    writeFileSync(join(folder, 'damaged.gz'), packed)
    expect((await refusal(cairn.import(join(folder, 'damaged.gz')), 'invalid_input')).message).toContain('damaged')
  })

  it('that is no file at all is refused', async () => {
    const { cairn, folder } = await openStore()
    await refusal(cairn.import(join(folder, 'none')), 'not_found')
    await refusal(cairn.import(folder), 'invalid_input')
    await refusal(cairn.import([], { dry: true } as never), 'invalid_input')
  })
})

describe('what is there already', () => {
  it('is skipped where it is the same, and a second import changes nothing', async () => {
    const store = await openStore()
    await fill(store)
    const text = await exported(store.cairn)
    const copy = await openStore()
    const first = await copy.cairn.import([text])
    const second = await copy.cairn.import([text])
    const swapped = Object.entries(first.records).map(([kind, { added }]) => [
      kind,
      { added: 0, same: added, different: 0 },
    ])
    expect(second).toEqual({ dryRun: false, records: Object.fromEntries(swapped), differences: [] })
    expect(await exported(copy.cairn)).toBe(text)
    // And into the store that it came from, whose texts are not canonical.
    expect((await store.cairn.import([text])).records).toEqual(second.records)
    expect(await exported(store.cairn)).toBe(text)
  })

  it('is kept where it is different, and named', async () => {
    const { cairn } = await openStore()
    const records = [aSession(), anEvent(), aState(), aMemory(), aTask(), anAgent(), aCheckpoint()]
    await cairn.import([fileOf(records)])
    const before = await exported(cairn)
    const changed = [
      ...[
        aSession({ metadata: { x: 1 } }),
        anEvent({ content: {} }),
        anEvent({ seq: 2, eventId: 'e1' }),
        aState({ value: 1 }),
      ],
      ...[aMemory({ value: 'cold' }), aTask({ prompt: 'do that' }), anAgent({ name: 'x' }), aCheckpoint({ state: 2 })],
    ]
    changed[2] = anEvent({ seq: 2, eventId: 'e2' })
    const report = await cairn.import([fileOf(changed)])
    expect(report.differences.map(({ line, name }) => `${line} ${name}`)).toEqual([
      ...['2 session s1', '3 event s1 1', '5 state user alice theme', '6 memory user:alice tone 1', '7 task t1'],
      ...['8 agent a1', '9 checkpoint t1 1'],
    ])
    // The session is the same one, which has its second event now.
    expect(summary(report)).toContain('event 1/0/1')
    expect((await exported(cairn)).split('\n').length).toBe(before.split('\n').length + 1)
  })

  it('keeps events and state of another session from being mixed into one of its id', async () => {
    const { cairn } = await openStore()
    await cairn.import([fileOf([aSession({ user: 'bob', lastSeq: 9 }), anEvent()])])
    const records = [
      aSession(),
      anEvent(),
      anEvent({ seq: 2 }),
      anOperation(),
      aState({ scope: 'session', owner: 's1' }),
    ]
    const report = await cairn.import([fileOf(records)])
    expect(summary(report)).toEqual(['session 0/0/1', 'event 0/1/1', 'operation 0/0/1', 'state 0/0/1'])
    expect(summary(await cairn.import([fileOf(records)], { dryRun: true }))).toEqual(summary(report))
  })

  it('gets no event behind its last one, nor one whose id it has elsewhere', async () => {
    const { cairn } = await openStore()
    await cairn.import([fileOf([aSession(), anEvent({ eventId: 'taken' })])])
    const records = [aSession({ lastSeq: 4 }), anEvent({ seq: 2, eventId: 'taken' }), anEvent({ seq: 4 })]
    const report = await cairn.import([fileOf(records)], { dryRun: true })
    expect(summary(report)).toEqual(['session 0/0/1', 'event 0/0/2'])
    expect(await cairn.import([fileOf(records)])).toEqual({ ...report, dryRun: false })
  })

  it('gets no versions of another chain of its key', async () => {
    const { cairn } = await openStore()
    await cairn.memories.add({ namespace: 'user:alice', key: 'tone', value: 'mine', type: 'semantic' })
    const chain = [aMemory({ supersededAt: later }), aMemory({ version: 2, recordedAt: later })]
    const dry = await cairn.import([fileOf(chain)], { dryRun: true })
    expect(summary(dry)).toEqual(['memory 0/0/2'])
    expect(summary(await cairn.import([fileOf(chain)]))).toEqual(['memory 0/0/2'])
    expect((await cairn.memories.history('user:alice', 'tone')).items).toHaveLength(1)
  })

  it('keeps a chain that went on elsewhere as it is', async () => {
    const { cairn } = await openStore()
    await cairn.import([fileOf([aMemory()])])
    const longer = [aMemory({ supersededAt: later }), aMemory({ version: 2, recordedAt: later })]
    expect(summary(await cairn.import([fileOf(longer)]))).toEqual(['memory 0/0/2'])
    await cairn.memories.update('user:alice', 'tone', 'here')
    expect(summary(await cairn.import([fileOf([aMemory()])]))).toEqual(['memory 0/0/1'])
  })

  it('counts lines of the trail that say the same', async () => {
    const { cairn } = await openStore()
    const line = anAuditLine()
    await cairn.import([fileOf([line, line])])
    expect(summary(await cairn.import([fileOf([line, line, line, anAuditLine({ key: 'k' })])]))).toEqual([
      'audit 2/2/0',
    ])
    expect((await exported(cairn)).match(/"key":"tone"/g)).toHaveLength(3)
  })

  it('has one line for refusals of a minute', async () => {
    const { cairn } = await openStore()
    const refused = anAuditLine({ outcome: 'forbidden', occurrences: 2 })
    await cairn.import([fileOf([refused])])
    const other = { ...refused, timestamp: later, occurrences: 5 }
    expect(summary(await cairn.import([fileOf([other])], { dryRun: true }))).toEqual(['audit 0/0/1'])
    expect(summary(await cairn.import([fileOf([refused, other])]))).toEqual(['audit 0/1/1'])
  })

  it('may be what the file refers to', async () => {
    const { cairn } = await openStore()
    await cairn.import([fileOf([aSession(), aTask()])])
    const report = await cairn.import([
      fileOf([
        aSession({ id: 's2', parent: 's1', forkedAtSeq: 1 }),
        aTask({ id: 't2', parent: 't1', session: 's1', ...waitsFor('t1') }),
        anAgent({ task: 't1', session: 's1' }),
        aCheckpoint({ session: 's1' }),
      ]),
    ])
    expect(summary(report)).toEqual(['session 1/0/0', 'task 1/0/0', 'agent 1/0/0', 'checkpoint 1/0/0'])
  })
})

describe('a fork', () => {
  const fork = (changes = {}) => aSession({ id: 's2', parent: 's1', forkedAtSeq: 2, ...changes })
  const ofFork = [anEvent({ session: 's2', seq: 3 }), aState({ scope: 'session', owner: 's2' })]

  it.each([
    ['is somebody else’s', aSession({ user: 'bob' })],
    ['has another beginning', aSession({ createdAt: later })],
  ])('of a session which here %s is not added, nor what belongs to it', async (_, there) => {
    const { cairn } = await openStore()
    await cairn.import([fileOf([there])])
    const forks = [fork({ lastSeq: 3 }), aSession({ id: 's3', parent: 's2', forkedAtSeq: 3, lastSeq: 3 })]
    const file = fileOf([aSession(), ...forks, ...ofFork])
    expect(summary(await cairn.import([file], { dryRun: true }))).toEqual([
      'session 0/0/3',
      'event 0/0/1',
      'state 0/0/1',
    ])
    expect(summary(await cairn.import([file]))).toEqual(['session 0/0/3', 'event 0/0/1', 'state 0/0/1'])
    expect(await cairn.sessions.get('s2')).toBeNull()
  })

  it.each([
    ['is somebody else’s', aSession({ user: 'bob' })],
    ['ends before it', aSession({ lastSeq: 1 })],
  ])('of a session that is only here, and %s, is not added', async (_, there) => {
    const { cairn } = await openStore()
    await cairn.import([fileOf([there])])
    const file = fileOf([fork({ lastSeq: 3 }), ...ofFork])
    expect(summary(await cairn.import([file], { dryRun: true }))).toEqual([
      'session 0/0/1',
      'event 0/0/1',
      'state 0/0/1',
    ])
    expect(summary(await cairn.import([file]))).toEqual(['session 0/0/1', 'event 0/0/1', 'state 0/0/1'])
    expect(recordsOf(await exported(cairn))).toEqual([there])
  })
})

describe('an import', () => {
  it('takes forks before their parents, and tasks that wait for their parents and the other way round', async () => {
    const { cairn } = await openStore()
    const text = fileOf([
      aSession({ id: 'a', parent: 'b', forkedAtSeq: 1 }),
      aSession({ id: 'b', parent: 'c', forkedAtSeq: 1 }),
      aSession({ id: 'c' }),
      aTask({ id: 'a', parent: 'b', ...waitsFor('c') }),
      aTask({ id: 'b', ...waitsFor('a', 'c') }),
      aTask({ id: 'c', parent: 'a' }),
    ])
    expect(summary(await cairn.import([text]))).toEqual(['session 3/0/0', 'task 3/0/0'])
    const copy = await openStore()
    await copy.cairn.import([await exported(cairn)])
    expect(await exported(copy.cairn)).toBe(await exported(cairn))
    expect((await exported(cairn)).match(/"parent":"b"/g)).toHaveLength(2)
  })

  it('names dependencies that are different, and adds those that an interrupted import has left out', async () => {
    const { cairn } = await openStore()
    await cairn.import([fileOf([aTask(), aTask({ id: 't2' })])])
    const waiting = aTask({ id: 't2', ...waitsFor('t1') })
    expect(summary(await cairn.import([fileOf([aTask(), waiting])]))).toEqual(['task 0/2/0'])
    expect(await exported(cairn)).toContain('"dependencies":[{')
    const resolved = {
      ...waiting,
      dependencies: waitsFor('t1').dependencies.map((each) => ({ ...each, resolvedAt: later })),
    }
    const report = await cairn.import([fileOf([aTask(), resolved])])
    expect(report.differences).toEqual([{ line: 3, record: 'task', name: 'task t2 waiting for t1' }])
  })

  it('reads paths, packed files, bytes and texts, in any pieces', async () => {
    const { cairn, folder } = await openStore()
    const text = fileOf([aMemory({ value: 'Zürich 😀' })])
    const path = join(folder, 'a.jsonl')
    writeFileSync(path, text)
    writeFileSync(`${path}.gz`, gzipSync(text))
    const bytes = Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte))
    expect(summary(await cairn.import(path))).toEqual(['memory 1/0/0'])
    for (const source of [path, `${path}.gz`, bytes, [gzipSync(text)], text.split(/(?<=\n)/)])
      expect(summary(await cairn.import(source))).toEqual(['memory 0/1/0'])
    expect(await cairn.memories.get('user:alice', 'tone')).toMatchObject({ value: 'Zürich 😀' })
  })

  it('leaves no copy of what it read behind', async () => {
    const { cairn } = await openStore()
    // A folder of its own: other processes import at the same time.
    const folder = makeFolder()
    vi.stubEnv('TMPDIR', folder)
    onTestFinished(() => void vi.unstubAllEnvs())
    await cairn.import([fileOf([aMemory()])])
    await refusal(cairn.import([fileOf([anEvent()])]), 'invalid_input')
    const failing = (async function* () {
      yield 'x'
      throw new RangeError('the source failed')
    })()
    await expect(cairn.import(failing)).rejects.toThrow('the source failed')
    expect(readdirSync(folder)).toEqual([])
  })

  it('writes nothing in a dry run, and says what it would do', async () => {
    const { cairn } = await openStore()
    const text = fileOf([
      aSession(),
      anEvent(),
      aState({ scope: 'session', owner: 's1' }),
      aMemory({ supersededAt: later }),
      aMemory({ version: 2, recordedAt: later }),
      aTask(waitsFor('t2')),
      aTask({ id: 't2' }),
      aCheckpoint(),
      anAuditLine({ outcome: 'forbidden' }),
    ])
    const report = await cairn.import([text], { dryRun: true })
    expect((await cairn.info()).rows).toMatchObject({ sessions: 0, memoryVersions: 0, audit: 0 })
    expect(await cairn.import([text])).toEqual({ ...report, dryRun: false })
  })

  it('leaves one line in the trail, which an export leaves out, and none when it adds nothing', async () => {
    const { cairn } = await openStore()
    const text = fileOf(Array.from({ length: 1200 }, (_, n) => aMemory({ key: `k${String(n).padStart(4, '0')}` })))
    await cairn.import([text])
    await cairn.import([text])
    const { items } = await cairn.audit.list({ subject: 'store', operation: 'import' })
    expect(items).toMatchObject([{ actor: 'root', outcome: 'ok' }])
    expect(recordsOf(await exported(cairn))).toEqual(recordsOf(text))
  })

  it('says how far it is', async () => {
    const { cairn } = await openStore()
    const seen: string[] = []
    const onProgress = ({ pass, records, share }: { pass: string; records: number; share: number }) =>
      seen.push(`${pass} ${records} ${share}`)
    await cairn.import([fileOf([aMemory()])], { onProgress })
    expect([...new Set(seen)]).toEqual(['check 1 1', 'write 1 1'])
  })

  it('is for root alone, and its refusal stands in the trail', async () => {
    const { cairn } = await openStore()
    const alice = cairn.as({ user: 'alice', app: 'shop' })
    await refusal(alice.import([fileOf([])]), 'forbidden')
    await refusal(exported(alice), 'forbidden')
    const { items } = await cairn.audit.list({ subject: 'store', outcome: 'forbidden' })
    expect(items.map(({ operation }) => operation)).toEqual(['export', 'import'])
    expect(await exported(cairn)).toContain('"operation":"export"')
  })
})

describe('records of an importer', () => {
  const options = {
    author: { actor: 'root', principal: JSON.stringify(root), agent: null, now: 0 },
    limits: { valueBytes: 10_000, checkpointBytes: 10_000 },
  }

  async function storage() {
    const path = join(makeFolder(), 'store.db')
    const opened = await openSqliteStorage({
      path,
      create: true,
      durability: 'off',
      busyTimeoutMs: 0,
      threads: false,
      maxPages: 0,
    })
    return opened
  }

  async function* stream(records: object[]): AsyncGenerator<InterchangeRecord> {
    for (const record of records) yield record as InterchangeRecord
  }

  it('may come session by session, and are numbered as they come', async () => {
    const store = await storage()
    const records = Array.from({ length: 300 }, (_, n) => [
      aSession({ id: `s${300 - n}` }),
      anEvent({ session: `s${300 - n}` }),
    ]).flat()
    const report = await importRecords(store, () => stream(records), { ...options, detail: { from: 'mem0' } })
    expect(summary(report)).toEqual(['session 300/0/0', 'event 300/0/0'])
    expect(await store.audit.list({ limit: 9 })).toMatchObject([{ operation: 'import', detail: '{"from":"mem0"}' }])
    const bad = () => stream([aSession(), anEvent({ actor: 'x' }), aMemory({ version: 0 })])
    const { details } = await refusal(importRecords(store, bad, options), 'invalid_input')
    expect(details?.problems).toMatchObject([{ line: 2 }, { line: 3 }])
    await store.close()
  })

  it('are the same in both passes, or the import stops', async () => {
    const store = await storage()
    let pass = 0
    const changing = () => stream(pass++ === 0 ? [aMemory()] : [aMemory({ key: '' })])
    await refusal(importRecords(store, changing, options), 'conflict')
    await store.close()
  })

  it('that are there twice count as what they are', async () => {
    const store = await storage()
    const records = [aMemory(), aMemory(), aSession(), aSession({ metadata: { x: 1 } })]
    const report = await importRecords(store, () => stream(records), options)
    expect(summary(report)).toEqual(['session 1/0/1', 'memory 1/1/0'])
    await store.close()
  })
})
