import { describe, expect, it } from 'vitest'
import type { AuditEntry, Page } from '../../src/index.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()

async function filled(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  await cairn.json('memory add user:alice:preferences tone 1 --as user=alice')
  await cairn.json('memory update user:alice:preferences tone 2')
  await cairn.json('session create --id s1 --user alice --app support')
  await cairn.json('session append s1 --text x --as user=alice,app=support,agent=planner')
  await cairn('memory get user:alice:preferences tone --as user=bob')
  await cairn('memory get user:alice:preferences tone --as user=bob')
  return cairn
}

describe('cairn audit', () => {
  it('filters and pages', async () => {
    const cairn = await filled()
    const lines = async (args: string): Promise<string[]> => {
      const page = await cairn.json<Page<AuditEntry>>(`audit ${args}`)
      return page.items.map(({ operation, subject }) => `${operation} ${subject}`)
    }
    expect(await lines('--namespace user:alice --outcome ok')).toEqual(['update memory', 'create memory'])
    expect(await lines('--namespace user:alice:preferences --key tone --operation update')).toEqual(['update memory'])
    expect(await lines('--subject session')).toEqual(['create session'])
    expect(await lines('--outcome forbidden')).toEqual(['read memory'])
    expect(await lines('--session s1')).toEqual(['append event', 'create session'])
    expect(await lines('--agent planner')).toEqual(['append event'])
    expect(await lines('--since 2999-01-01')).toEqual([])
    expect(await lines('--namespace user:alice --outcome ok --as user=alice')).toHaveLength(2)
    const { next } = await cairn.json<Page<AuditEntry>>('audit --limit 1')
    expect(await lines(`--cursor ${next} --limit 1`)).toEqual(['append event'])
  })

  it('is a table where it fits and blocks where not', async () => {
    const cairn = await filled()
    const wide = (await cairn('audit', { columns: 140 })).stdout.split('\n')
    expect(wide[0]).toMatch(/^time +actor +operation +of +outcome +detail$/)
    expect(wide[1]).toMatch(/Z {2}user:bob +read memory +user:alice:preferences +forbidden ×2$/)
    expect(wide[2]).toMatch(/Z {2}agent:planner +append event +session:s1 +ok +\{"seq":1\}$/)
    expect(wide[4]).toMatch(/root +update memory +user:alice:preferences tone v2 +ok/)
    const narrow = (await cairn('audit', { columns: 40 })).stdout.split('\n')
    expect(narrow[0]).toBe('read memory forbidden ×2')
    expect(narrow[1]).toMatch(/^by user:bob \d{4}-.*Z$/)
    expect(narrow[2]).toBe('  user:alice:preferences')
    for (const line of narrow) expect(line.length, line).toBeLessThanOrEqual(40)
  })

  it('says so when there is nothing', async () => {
    const cairn = newCli()
    await cairn.json('init')
    expect(await cairn('audit')).toEqual({ code: 0, stdout: '', stderr: 'nothing in the trail\n' })
  })

  it.each([
    ['audit --key tone', /needs the namespace/],
    ['audit --subject memroy', /Allowed choices are memory/],
    ['audit --since soon', /not a time/],
    ['audit --cursor x', /not one that this list returned/],
  ])('refuses %j', async (line, message) => {
    const cairn = await filled()
    const refused = await cairn(line)
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(message)
  })
})
