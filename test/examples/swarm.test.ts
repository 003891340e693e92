import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { actSwarm } from '../../examples/demo/acts/swarm.mjs'
import { createStage } from '../../examples/demo/stage.mjs'
import { teaHouse } from '../../examples/demo/story-tea-house.mjs'
import { createProcesses } from '../../examples/demo/swarm/processes.mjs'
import { openCairn } from '../../src/open.js'
import { type DemoRun, makeFolder, runDemo } from './run-demo.js'

// As in demo.test.ts.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** The command lines of all processes that name a folder. */
function processesIn(folder: string): string[] {
  const all = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => line.includes(folder) && !line.includes('ps -A'))
}

function swarmIn(stdout: string): string {
  return stdout.split(/^━━ \d+ /m).find((part) => part.startsWith('A swarm at work')) ?? ''
}

describe('the swarm of the demo', () => {
  let demo: DemoRun
  let swarm: string
  let removeFolder: () => void
  beforeAll(async () => {
    demo = await runDemo(['--keep'], {
      environment: { COLUMNS: '120' },
      whenDone: (cleanup) => {
        removeFolder = cleanup
      },
    })
    swarm = swarmIn(demo.stdout)
  })
  afterAll(() => removeFolder())

  it('tells who did what, and whose work was taken over', () => {
    const [, killed] = /^ {3}(worker-\d) +read alice-4 +killed in the middle of it$/m.exec(swarm) ?? []
    expect(killed).toBeDefined()
    expect(swarm).toMatch(/^ {3}planner +submits +6 to read, 2 to sum up, 1 to report$/m)
    expect(swarm).toMatch(new RegExp(`^ {3}planner +gives back +.*read alice-4.*: .*${killed}.* is silent$`, 'm'))
    const [, heir] = /^ {3}(worker-\d) +read alice-4 +try 2: 10 turns, card, opening-day, hours/m.exec(swarm) ?? []
    expect(heir).toBeDefined()
    expect(heir).not.toBe(killed)
    for (const task of ['read bob-1', 'sum up alice', 'sum up bob', 'report'])
      expect(swarm).toMatch(new RegExp(`^ {3}worker-\\d +${task}`, 'm'))
    const life = swarm.slice(swarm.indexOf('on the audit trail'))
    expect(life).toMatch(
      new RegExp(
        [
          `planner +submitted`,
          `${killed} +ready → running +try 1`,
          `planner +running → ready +terminated agent ${killed}`,
          `${heir}.* +ready → running +try 2`,
          `${heir}.* +running → completed`,
        ].join('\\n.* s +'),
      ),
    )
    expect(swarm).toMatch(/9 tasks done, each once/)
    expect(swarm).toContain('74 turns in 6 sessions, 3 Mar to 21 Jun. alice told kumo the supplier')
  })

  it('shares through the store, where all of it still is, and nothing private', async () => {
    const path = /The store is kept: (.+)$/m.exec(demo.stdout)?.[1] ?? ''
    const cairn = await openCairn({ db: path, create: false, threads: false })
    onTestFinished(() => cairn.close())
    const { items: tasks } = await cairn.tasks.list({ project: 'kumo' })
    expect(tasks).toHaveLength(9)
    expect(tasks.every(({ status }) => status === 'completed')).toBe(true)
    expect(tasks.find(({ id }) => id === 'read alice-4')).toMatchObject({ attempt: 2, retryCount: 1 })
    const bob = cairn.as({ app: 'demo', user: 'bob', project: 'kumo' })
    const { items: notes } = await bob.memories.list({ namespace: 'project:kumo:swarm' })
    expect(notes.map(({ key }) => key).sort()).toEqual(tasks.map(({ id }) => id).sort())
    const { items: secrets } = await cairn.memories.list({ namespace: 'user:bob' })
    expect(secrets.length).toBeGreaterThan(0)
    for (const { key } of secrets) expect(JSON.stringify(notes)).not.toContain(`"${key}"`)
    const { items: agents } = await cairn.agents.list()
    expect(agents.length).toBeGreaterThanOrEqual(4)
    expect(agents.every(({ state }) => state === 'terminated')).toBe(true)
  })

  it('ends with the demo, when that is interrupted', async () => {
    const { code, stderr, left, temporary } = await runDemo([], {
      onOutput: (stdout, child) => void (stdout.includes('in the middle of it\n') && child.kill('SIGINT')),
    })
    expect({ code, stderr, left }).toEqual({ code: 130, stderr: '', left: [] })
    await vi.waitFor(() => expect(processesIn(temporary)).toEqual([]), { timeout: 10_000 })
  })

  /** The act alone, about a session that there is none of. Returns what it printed. */
  async function play(options: { mostSeconds?: number }): Promise<string> {
    const db = join(makeFolder(), 'store.db')
    const cairn = await openCairn(db)
    onTestFinished(async () => {
      process.exitCode = undefined
      await cairn.close()
    })
    const parts: string[] = []
    const stream = { columns: 120, isTTY: false, write: (part: string) => void parts.push(part) }
    const stage = createStage({ stream, environment: { NO_COLOR: '1' }, fast: true })
    const sessions = [{ id: 'nowhere', user: 'alice' }]
    await actSwarm({ cairn, file: db, sessions, story: teaHouse, clock: { now: Date.now }, stage }, options)
    expect(process.exitCode).toBe(1)
    expect(processesIn(db)).toEqual([])
    return parts.join('')
  }

  it('says which tasks were not done, and why', async () => {
    const text = await play({})
    expect(text).toContain('The swarm has failed. A try has failed. 3 tasks of 3 not done:')
    expect(text).toMatch(/read nowhere +pending +There is no session nowhere\./)
    expect(text).toMatch(/report +blocked/)
  })

  it('is stopped when it takes too long', async () => {
    const text = await play({ mostSeconds: 0.1 })
    expect(text).toContain('The swarm has failed. It was not done after 0.1 s, and was stopped. 0 tasks of 0 not done')
  })
})

describe('processes of the demo', () => {
  function script(code: string): string {
    const path = join(makeFolder(), 'script.mjs')
    writeFileSync(path, code)
    return path
  }

  it('are ended when their time is over', async () => {
    const endless = script(`process.send({ type: 'here' }); setInterval(() => 0, 1000)`)
    const processes = createProcesses()
    const outcome = processes.within(1, async () => {
      const { until, gone } = processes.start('sleeper', endless, {})
      await until('here')
      await gone
    })
    await expect(outcome).rejects.toThrow('It was not done after 1 s, and was stopped.')
    expect(processesIn(endless)).toEqual([])
  })

  it('that die are told of, with what they died of', async () => {
    const processes = createProcesses()
    const started = (name: string, code: string) => processes.start(name, script(code), { some: 'settings' })
    const failing = processes.within(60, () => started('worker', `throw new TypeError('no work')`).until('done'))
    await expect(failing).rejects.toThrow('The worker ended (1): TypeError: no work.')
    const silent = processes.within(60, () => started('worker', '').until('done'))
    await expect(silent).rejects.toThrow(/^The worker ended \(0\)\.$/)
  })

  it('are heard to their last word, and gone when their story is over', async () => {
    const target = join(makeFolder(), 'target')
    const processes = createProcesses()
    const path = script(`
      import { writeFileSync } from 'node:fs'
      const { file } = JSON.parse(process.argv[2])
      writeFileSync(file, String(process.pid))
      process.send({ type: 'first' })
      process.send({ type: 'last', said: file }, () => setInterval(() => 0, 1000))`)
    const said = await processes.within(60, async () => {
      const { until } = processes.start('speaker', path, { file: target })
      const last = await until('last')
      return [await until('first'), last]
    })
    expect(said).toEqual([{ type: 'first' }, { type: 'last', said: target }])
    expect(() => process.kill(Number(readFileSync(target, 'utf8')), 0)).toThrow('ESRCH')
    expect(processesIn(path)).toEqual([])
  })
})
