import { describe, expect, it } from 'vitest'
import { addOperationTimes } from './add-histogram.js'
import { type Cli, useCli } from './run-cli.js'

const newCli = useCli()

async function withStore(): Promise<Cli> {
  const cairn = newCli()
  await cairn.json('init')
  return cairn
}

describe('cairn metrics', () => {
  it('records measurements and finds them by their labels and times', async () => {
    const cairn = await withStore()
    const recorded = await cairn('metrics record tokens 1250 --label model=small --label cached=true --at 2026-03-01')
    expect(recorded).toEqual({ code: 0, stdout: 'Recorded tokens 1250.\n', stderr: '' })
    await cairn.json('metrics record tokens 0.5 --label model=large --label run=7 --at 2026-03-02')
    await cairn.json('metrics record tokens 3 --as user=alice,app=support --at 2026-03-03')
    expect(await cairn.json('metrics query tokens --label run=7')).toMatchObject({
      items: [{ value: 0.5, labels: { model: 'large', run: 7 }, app: null, user: null }],
    })
    expect(await cairn.json('metrics query tokens --label cached=true')).toMatchObject({ items: [{ value: 1250 }] })
    const since = await cairn.json('metrics query tokens --since 2026-03-02 --until 2026-03-03')
    expect(since).toMatchObject({ items: [{ value: 0.5 }] })
    const { stdout } = await cairn('metrics query tokens')
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toMatchObject([
      ['time', expect.stringContaining('value'), 'labels', 'user', 'app'],
      ['2026-03-03 00:00:00Z', '3', 'alice', 'support'],
      ['2026-03-02 00:00:00Z', expect.stringContaining('0.5'), '{"model":"large","run":7}'],
      ['2026-03-01 00:00:00Z', expect.stringContaining('1250'), '{"cached":true,"model":"small"}'],
      [''],
    ])
    expect(await cairn('metrics query none')).toEqual({ code: 0, stdout: '', stderr: 'no measurements\n' })
    expect((await cairn('metrics names')).stdout).toBe('tokens\n')
    expect((await cairn('metrics query tokens --limit 1')).stderr).toContain('There is more')
  })

  it('sums up stretches of time', async () => {
    const cairn = await withStore()
    for (const value of [1, 2, 3]) await cairn.json(`metrics record m ${value} --at 2026-03-01T00:00:0${value}Z`)
    const { stdout } = await cairn('metrics query m --bucket 60', { columns: 100 })
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toMatchObject([
      ['from', 'count', 'sum', 'min', 'p50', 'p95', 'p99', 'max'],
      ['2026-03-01 00:00:00Z', '3', '6', '1', '2', '3', '3', '3'],
      [''],
    ])
  })

  it('refuses what is no measurement', async () => {
    const cairn = await withStore()
    for (const words of [
      ['m', '-1'],
      ['m', 'many'],
      ['m', '1', '--label', 'nonsense'],
      ['m', '1', '--at', 'yesterday'],
    ]) {
      expect(await cairn(['metrics', 'record', ...words]), words.join(' ')).toMatchObject({ code: 2 })
    }
    expect(await cairn('metrics record m 1 --as user=alice')).toMatchObject({ code: 3 })
    expect(await cairn('metrics query m --bucket 0')).toMatchObject({ code: 2 })
    expect((await cairn('metrics names')).stdout).toBe('')
  })

  it('shows how long operations take, and adds nothing itself', async () => {
    const cairn = await withStore()
    await cairn.json('memory add user:alice k 1')
    expect(await cairn('metrics operations')).toEqual({ code: 0, stdout: '', stderr: 'no measurements\n' })
    await addOperationTimes(cairn.path('cairn.db'), 'memories.add', [1, 2, 10.123456])
    const { stdout } = await cairn('metrics operations')
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toMatchObject([
      ['operation', 'count', 'mean', 'p50', 'p95', 'p99', 'max'],
      [
        'memories.add',
        expect.stringMatching(/^ *3$/),
        '4.374',
        expect.stringMatching(/^(?:1\.9|2\.[01])/),
        '10.12',
        '10.12',
        '10.12',
      ],
      [''],
    ])
    expect(await cairn.json('metrics operations --name none')).toEqual({ items: [], next: null })
    expect(await cairn('metrics operations --as user=alice')).toMatchObject({ code: 3 })
  })
})
