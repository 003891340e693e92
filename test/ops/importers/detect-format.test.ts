import { mkdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { detectForeignFormat, openCairn, readForeignFile } from '../../../src/index.js'
import type { ForeignFormat } from '../../../src/ops/importers/importer.js'
import { refusal } from '../../helpers/refusal.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { databaseWith, fileWith, sample } from './read.js'

const path = useTempFolder()

async function readWhole(file: string, from: ForeignFormat): Promise<void> {
  const { records } = await readForeignFile(file, { from, user: 'alice' })
  for await (const record of records) void record
}

describe('the format of a file', () => {
  it.each<[name: string, format: ForeignFormat]>([
    ['chatgpt.json', 'chatgpt'],
    ['claude.json', 'claude'],
    ['messages.jsonl', 'jsonl'],
    ['memory.jsonl', 'mcp-memory'],
    ['mem0.json', 'mem0'],
  ])('of %s is %s', async (name, format) => {
    expect((await detectForeignFormat(sample(name))).format).toBe(format)
  })

  it.each<[schema: string, format: ForeignFormat]>([
    ['create table history (memory_id text, event text)', 'mem0'],
    ['create table memory_history (memory_id text, action text)', 'mem0'],
    ['create table checkpoints (thread_id text, checkpoint_id text, checkpoint blob)', 'langgraph'],
    [
      'create table memory_entries (namespace text, memory_type text); create table checkpoints (task_id text)',
      'abathur',
    ],
    ['create table tasks (prompt text, input_data text)', 'abathur'],
  ])('of a database with %s is %s', async (schema, format) => {
    expect((await detectForeignFormat(databaseWith(path(), schema))).format).toBe(format)
  })

  it('is told in words where it is none of these', async () => {
    const looks = async (file: string): Promise<string> => (await detectForeignFormat(file)).looksLike
    expect(await looks(fileWith(path(), ''))).toBe('an empty file')
    expect(await looks(fileWith(path(), 'PK\u0003\u0004rest'))).toContain('ZIP archive')
    expect(await looks(fileWith(path(), Buffer.from('1f8b0800', 'hex')))).toContain('gunzip')
    expect(await looks(fileWith(path(), Buffer.from('\ufeff[]', 'utf16le')))).toContain('UTF-16')
    expect(await looks(fileWith(path(), 'Dear diary'))).toBe('no JSON and no database')
    expect(await looks(fileWith(path(), '[]'))).toBe('an empty list')
    expect(await looks(fileWith(path(), '[1]'))).toBe('JSON of something else')
    expect(await looks(fileWith(path(), '{"a":1}'))).toBe('JSON of objects with a')
    expect(await looks(fileWith(path(), '[{}]'))).toBe('JSON of objects with nothing in them')
    expect(await looks(databaseWith(path(), 'create table birds (name text)'))).toBe('a database with the tables birds')
    expect(await looks(databaseWith(path(), 'create table x (y); drop table x'))).toBe('an empty database')
    expect(await looks(fileWith(path(), '{"record":"header","format":"cairn"}\n'))).toContain('without --from')
    const store = path()
    await (await openCairn(store)).close()
    expect(await looks(store)).toContain('cairn export')
  })

  it('is found on a line after damaged ones only where the first can be read', async () => {
    const lines = `${JSON.stringify({ note: 1 })}\n${JSON.stringify({ type: 'relation', from: 'a', to: 'b' })}\n`
    expect((await detectForeignFormat(fileWith(path(), lines))).format).toBe('mcp-memory')
  })
})

describe('a file of another format than the one that was named', () => {
  it('is refused with what it is', async () => {
    const error = await refusal(readWhole(sample('claude.json'), 'chatgpt'), 'invalid_input')
    expect(error.message).toContain('it looks like Claude')
    expect(error.hint).toContain('--from claude')
  })

  it('is refused with what was expected where it is none', async () => {
    const error = await refusal(readWhole(fileWith(path(), '{"a":1}'), 'jsonl'), 'invalid_input')
    expect(error.message).toContain('JSON of objects with a')
    expect(error.hint).toContain('{"role", "content", "timestamp"}')
  })

  it.each<ForeignFormat>(['abathur', 'chatgpt', 'claude', 'jsonl', 'langgraph', 'mcp-memory', 'mem0'])(
    'is refused by %s when it is empty, a folder, or not there',
    async (from) => {
      expect((await refusal(readWhole(fileWith(path(), ''), from), 'invalid_input')).message).toContain('an empty file')
      mkdirSync(path('folder'), { recursive: true })
      expect((await refusal(readWhole(path('folder'), from), 'invalid_input')).hint).toContain('conversations.json')
      await refusal(readWhole(path('nowhere'), from), 'not_found')
    },
  )

  it('is refused before anything is read, when the format or the owner cannot be', async () => {
    const error = await refusal(readForeignFile('x', { from: 'chatgtp' as 'chatgpt', user: 'a' }), 'invalid_input')
    expect(error.hint).toBe('Did you mean chatgpt?')
    const unknown = await refusal(readForeignFile('x', { from: 'toString' as 'chatgpt', user: 'a' }), 'invalid_input')
    expect(unknown.hint).toContain('Formats are abathur, chatgpt')
    await refusal(readForeignFile('x', { from: 'chatgpt', user: 'a:b' }), 'invalid_input')
    await refusal(readForeignFile('x', { from: 'chatgpt', user: 'a', app: '' }), 'invalid_input')
    await refusal(readForeignFile('x', { from: 'chatgpt', user: 'a', project: '\n' }), 'invalid_input')
  })
})

describe('a damaged file', () => {
  it('is refused where it was cut off, after what could be read', async () => {
    const whole = readFileSync(sample('chatgpt.json'), 'utf8')
    const cut = whole.slice(0, whole.indexOf('Remember the milk') + 5)
    const records: string[] = []
    const reading = (async () => {
      const foreign = await readForeignFile(fileWith(path(), cut), { from: 'chatgpt', user: 'a' })
      for await (const { record } of foreign.records) records.push(record)
    })()
    const error = await refusal(reading, 'invalid_input')
    expect(error.message).toContain('is not whole JSON')
    expect(error.hint).toContain('export or unpack it again')
    expect(records).toContain('event')
  })

  it('is refused when it is not UTF-8', async () => {
    const latin = Buffer.from('[{"uuid":"x","name":"caf\xe9","chat_messages":[]}]', 'latin1')
    const error = await refusal(readWhole(fileWith(path(), latin), 'claude'), 'invalid_input')
    expect(error.message).toContain('is not UTF-8')
    expect(error.hint).toContain('iconv')
    const lines = Buffer.concat([
      readFileSync(sample('messages.jsonl')),
      Buffer.from('{"role":"user","content":"caf\xe9"}', 'latin1'),
    ])
    await refusal(readWhole(fileWith(path(), lines), 'jsonl'), 'invalid_input')
  })
})
