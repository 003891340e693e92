import { describe, expect, it } from 'vitest'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()

async function withTask(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  await cairn.json('task submit work --id t1 --app support --user alice --project apollo')
  return cairn
}

const notes = (number: number): string =>
  JSON.stringify({ notes: Array.from({ length: 500 }, (_, index) => `note ${index}`), number })

describe('cairn checkpoint', () => {
  it('stores states and shows the last, or one', async () => {
    const cairn = await withTask()
    await cairn.json('session create --id s1 --user alice --app support')
    const put = await cairn(`checkpoint put t1 1 '{"step":"read"}' --session s1`)
    expect(put).toEqual({ code: 0, stdout: 'Stored checkpoint 1 of task t1 (15 bytes).\n', stderr: '' })
    await cairn('checkpoint put t1 2 -', { stdin: '{"step":"write"}' })
    expect(await cairn.json('checkpoint latest t1')).toMatchObject({ iteration: 2, state: { step: 'write' } })
    const shown = await cairn('checkpoint get t1 1')
    expect(shown.stdout).toMatch(
      /^task {7}t1\niteration {2}1\nsession {4}s1\ncreated {4}.{20}\nsize {7}15 bytes\n\n\{\n {2}"step": "read"\n\}\n$/,
    )
    expect(await cairn('checkpoint get t1 3')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no checkpoint 3'),
    })
  })

  it('lists what is stored, and how', async () => {
    const cairn = await withTask()
    expect(await cairn('checkpoint list t1')).toEqual({ code: 0, stdout: '', stderr: 'no checkpoints\n' })
    expect(await cairn('checkpoint latest t1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has no checkpoint'),
    })
    for (const number of [1, 2]) await cairn(`checkpoint put t1 ${number} -`, { stdin: notes(number) })
    const again = await cairn('checkpoint put t1 3 -', { stdin: notes(3) })
    expect(again.stdout).toMatch(/^Stored checkpoint 3 of task t1 \(5\.4 KB, stored as \d+ bytes\)\.\n$/)
    const { stdout } = await cairn('checkpoint list t1')
    expect(stdout.split('\n')[0]).toMatch(/^iteration +size +stored +as +created$/)
    expect(stdout).toMatch(/\n +3 +5\.4 KB +\d+ bytes +difference +.*\n +2 .*\n +1 +5\.4 KB +5\.4 KB +whole +/)
    const first = await cairn('checkpoint list t1 --limit 1')
    expect(first.stderr).toMatch(/^There is more: add --cursor \S+\n$/)
  })

  it('prunes only when it is told so twice', async () => {
    const cairn = await withTask()
    for (const number of [1, 2, 3]) await cairn.json(`checkpoint put t1 ${number} ${number}`)
    expect(await cairn('checkpoint prune t1 --keep 1')).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('This would remove 2 checkpoints of task t1 for good.') },
    })
    const dry = await cairn('checkpoint prune t1 --keep 1 --dry-run')
    expect(dry.stdout).toBe('Would remove 2 checkpoints of task t1.\n')
    expect((await cairn.json<{ items: [] }>('checkpoint list t1')).items).toHaveLength(3)
    expect((await cairn('checkpoint prune t1 --keep 1 --yes')).stdout).toBe('Removed 2 checkpoints of task t1.\n')
    expect((await cairn.json<{ items: [] }>('checkpoint list t1')).items).toMatchObject([{ iteration: 3 }])
    expect(await cairn('checkpoint prune t1 --keep 0 --yes')).toMatchObject({ code: 2 })
    expect(await cairn('checkpoint prune t1 --yes')).toMatchObject({ code: 2 })
  })

  it('knows whose a task is', async () => {
    const cairn = await withTask()
    await cairn.json('checkpoint put t1 1 1 --as user=alice,app=support')
    expect(await cairn('checkpoint latest t1 --as user=bob,app=support')).toMatchObject({ code: 1 })
    expect(await cairn('checkpoint latest t1 --as project=apollo')).toMatchObject({ code: 0 })
    expect(await cairn('checkpoint put t1 2 1 --as project=apollo')).toMatchObject({ code: 3 })
    expect(await cairn('checkpoint put t1 x 1')).toMatchObject({ code: 2 })
    expect(await cairn('checkpoint put t1 2 nonsense')).toMatchObject({ code: 2 })
  })
})
