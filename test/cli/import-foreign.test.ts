import { copyFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sample } from '../ops/importers/read.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()

/** A command line in a folder that has a store and a sample. */
async function withSample(name: string): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  copyFileSync(sample(name), cairn.path(name))
  return cairn
}

describe('cairn import --from', () => {
  it('stores what a file of another tool holds, and shows what was changed and left', async () => {
    const cairn = await withSample('chatgpt.json')
    const { code, stdout, stderr } = await cairn('import chatgpt.json --from chatgpt --user alice --project travel')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^session +3 +0 +0$/m)
    expect(stdout).toMatch(/^event +7 +0 +0$/m)
    expect(stdout.slice(stdout.indexOf('Changed'))).toBe(
      `${[
        ...['Changed to fit:', '  branch: 1, kept as a fork of its session', '    c-lisbon~af012639643f', 'Left:'],
        ...['  empty messages: 1, placeholders without text, as at the start of a conversation', '    n0'],
        ...[
          '  images and files: 1, not in conversations.json; what points to them is kept',
          '    file-service://file-1',
        ],
        ...['  message metadata: 2, internal to ChatGPT', '    request_id, timestamp_'],
      ].join('\n')}\n`,
    )
    expect(await cairn.json('session show c-lisbon')).toMatchObject({
      session: { app: 'chatgpt', user: 'alice', project: 'travel' },
    })
  })

  it('stores nothing in a dry run, and nothing twice', async () => {
    const cairn = await withSample('claude.json')
    const line = 'import claude.json --from claude --user alice --app chat'
    const dry = await cairn.json(`${line} --dry-run`)
    expect(dry).toMatchObject({ dryRun: true, records: { session: { added: 2 } }, foreign: { format: 'claude' } })
    expect(await cairn.json(line)).toMatchObject({ dryRun: false, records: { session: { added: 2 } } })
    expect(await cairn.json(line)).toMatchObject({ records: { session: { added: 0, same: 2 }, event: { same: 5 } } })
  })

  it('says what is missing, needless or unknown', async () => {
    const cairn = await withSample('memory.jsonl')
    const failure = async (line: string): Promise<string> => {
      const { code, stderr } = await cairn(line)
      expect(code).toBe(2)
      return stderr
    }
    expect(await failure('import memory.jsonl --from mcp-memory')).toContain('--user alice')
    expect(await failure('import memory.jsonl --user alice')).toContain('--from with the name of the tool')
    expect(await failure('import - --from mcp-memory --user alice')).toContain('not stdin')
    expect(await failure('import memory.jsonl --from mem1 --user alice')).toContain('mcp-memory, mem0')
    expect(await failure('import memory.jsonl --from mem0 --user alice')).toContain('--from mcp-memory')
  })

  it('is named where a file of another tool is imported without it', async () => {
    const cairn = await withSample('claude.json')
    const { code, stderr } = await cairn('import claude.json')
    expect(code).toBe(2)
    expect(stderr).toContain('cairn import claude.json --from claude --user NAME')
    copyFileSync('package.json', cairn.path('package.json'))
    expect((await cairn('import package.json')).stderr).not.toContain('--from')
    expect((await cairn('import nowhere.json')).stderr).not.toContain('--from')
  })

  it('says what a file is that nothing can import as it is', async () => {
    const cairn = newCli()
    await cairn.json('init')
    const hintFor = async (name: string, bytes: string): Promise<string | undefined> => {
      writeFileSync(cairn.path(name), bytes)
      return /^hint: (.*)$/m.exec((await cairn(['import', name])).stderr)?.[1]
    }
    expect(await hintFor('export.zip', 'PK\u0003\u0004 and so on')).toContain('a ZIP archive: unpack it')
    expect(await hintFor('rows.json', '[{"a":1}]')).toBe('It looks like JSON of objects with a.')
    expect(await hintFor('cut.jsonl', '{"format":"cairn","record":"header","scope":{},"version":1}\n')).toMatch(
      /^Nothing/,
    )
    expect(await hintFor('cairn.jsonl', '{"format":"cairn","record":"header","scope":{},"version":9}\n')).toMatch(
      /^Upd/,
    )
  })
})
