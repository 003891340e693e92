import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CairnCommand } from '../../src/cli/command.js'
import {
  addForeignOptions,
  type ForeignFlags,
  foreignExamples,
  foreignHint,
  foreignOptions,
  importForeignFile,
} from '../../src/cli/commands/import-foreign.js'
import { Output } from '../../src/cli/output.js'
import { openCairn } from '../../src/open.js'
import { thrown } from '../helpers/refusal.js'
import { useTempFolder } from '../helpers/temp-folder.js'
import { sample } from '../ops/importers/read.js'
import { shellWords } from './run-cli.js'

const path = useTempFolder()

/** What the options on a command line ask for. */
function parsed(line: string): ReturnType<typeof foreignOptions> {
  const command = addForeignOptions(new CairnCommand('import').argument('<file>').option('--dry-run', 'no'))
  command.exitOverride().parse(shellWords(line), { from: 'user' })
  return foreignOptions(command.opts<ForeignFlags>())
}

describe('the options for files of other tools', () => {
  it('say whose the file is', () => {
    expect(parsed('x --from mem0 --user alice')).toEqual({ from: 'mem0', user: 'alice' })
    expect(parsed('x --from claude --user alice --app chat --project apollo')).toEqual({
      ...{ from: 'claude', user: 'alice', app: 'chat', project: 'apollo' },
    })
    expect(parsed('x')).toBeUndefined()
  })

  it('belong together', () => {
    expect(thrown(() => parsed('x --from mem0'), 'invalid_input').hint).toContain('--user alice')
    expect(thrown(() => parsed('x --project apollo'), 'invalid_input').message).toContain('--project')
    expect(thrown(() => parsed('x --from mem1 --user alice'), 'invalid_input').message).toContain('mcp-memory, mem0')
  })

  it('are shown in examples that hold', () => {
    for (const example of foreignExamples) expect(parsed(example.replace('cairn import ', ''))?.user).toBe('alice')
  })
})

describe('an import of a file of another tool', () => {
  async function shown(json: boolean, dryRun = false): Promise<string> {
    let text = ''
    const write = (part: string): void => {
      text += part
    }
    const io = { stdout: { write }, stderr: { write }, env: {}, cwd: '.', isTTY: false }
    await using cairn = await openCairn({ db: path(), threads: false })
    const options = { from: 'chatgpt' as const, user: 'alice', dryRun }
    await importForeignFile(sample('chatgpt.json'), options, { cairn, output: new Output(io, json) }, () => undefined)
    if (!json) await importForeignFile(sample('chatgpt.json'), options, { cairn, output: new Output(io, json) })
    return text
  }

  it('shows what was stored, changed and left', async () => {
    expect(await shown(false)).toBe(
      `${[
        ...['Stored', '  session: 3', '  event: 7'],
        ...report,
        ...['Stored', '  session: 0, 3 there already', '  event: 0, 7 there already'],
        ...report,
      ].join('\n')}\n`,
    )
  })

  it('says that a dry run stored nothing', async () => {
    expect(await shown(false, true)).toMatch(/^Would be stored\n {2}session: 3\n/)
  })

  it('is one document with --json', async () => {
    expect(JSON.parse(await shown(true))).toMatchObject({
      records: { session: { added: 3, same: 0, different: 0 } },
      foreign: {
        format: 'chatgpt',
        taken: [
          { what: 'events', count: 7 },
          { what: 'sessions', count: 2 },
        ],
      },
    })
  })
})

const report = [
  ...['Changed to fit', '  branch: 1, kept as a fork of its session', '    c-lisbon~af012639643f', 'Left'],
  ...['  empty messages: 1, placeholders without text, as at the start of a conversation', '    n0'],
  ...['  images and files: 1, not in conversations.json; what points to them is kept', '    file-service://file-1'],
  ...['  message metadata: 2, internal to ChatGPT', '    request_id, timestamp_'],
]

describe('a hint', () => {
  it('names the command for a file of a known format, and else what it looks like', async () => {
    const folder = resolve('test/ops/importers/samples')
    expect(await foreignHint('claude.json', folder)).toContain('cairn import claude.json --from claude --user NAME')
    expect(await foreignHint(resolve('package.json'), join(folder, '..'))).toMatch(
      /^It looks like JSON of objects with name/,
    )
  })
})
