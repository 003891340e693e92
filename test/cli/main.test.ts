import { execFile, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { useTempFolder } from '../helpers/temp-folder.js'

const { version } = JSON.parse(readFileSync(resolve('package.json'), 'utf8'))
const run = promisify(execFile)
const temporary = useTempFolder()
const program = resolve('dist/cli/main.js')

describe('the program', () => {
  const { argv, exitCode } = process

  afterEach(() => {
    process.argv = argv
    process.exitCode = exitCode
    vi.restoreAllMocks()
    vi.resetModules()
  })

  it('hands over its arguments and takes back the exit code', async () => {
    const written: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(`${text}`) > 0)
    process.argv = [...argv.slice(0, 2), 'version']
    await import('../../src/cli/main.js')
    expect(written).toEqual([`cairn ${version} (node ${process.versions.node})\n`])
    expect(process.exitCode).toBe(0)
    // Readers that go away are no error; everything else is, once.
    const complained: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => complained.push(`${text}`) > 0)
    const failing = process.stdout.listeners('error').at(-1) as (error: NodeJS.ErrnoException) => void
    failing(Object.assign(new Error('gone'), { code: 'EPIPE' }))
    expect({ complained, exitCode: process.exitCode }).toEqual({ complained: [], exitCode: 0 })
    for (const message of ['full', 'destroyed']) failing(Object.assign(new Error(message), { code: 'ENOSPC' }))
    const complaint = 'error: Writing the answer failed: full\n'
    expect({ complained, exitCode: process.exitCode }).toEqual({ complained: [complaint], exitCode: 6 })
    const unheard = process.stderr.listeners('error').at(-1) as (error: Error) => void
    expect(unheard(new Error('full'))).toBeUndefined()
    for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error')
  })
})

describe('the built program', () => {
  beforeAll(() => run(process.execPath, [resolve('scripts/ready.mjs'), '--build']), 240_000)

  it('ends quietly when its reader has seen enough', async () => {
    const db = temporary()
    await run(process.execPath, [program, 'init', '--db', db])
    const long = JSON.stringify('x'.repeat(1_000_000))
    const adding = run(process.execPath, [program, 'memory', 'add', 'user:a', 'long', '-', '--db', db])
    adding.child.stdin?.end(long)
    await adding
    const reading = spawn(process.execPath, [program, 'memory', 'get', 'user:a', 'long', '--db', db])
    let stderr = ''
    reading.stderr.on('data', (text) => {
      stderr += text
    })
    reading.stdout.once('data', () => reading.stdout.destroy())
    const code = await new Promise((done) => reading.once('close', done))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('ends a watch when its reader has seen enough', async () => {
    const db = temporary()
    const docs = temporary('docs')
    await run(process.execPath, [program, 'init', '--db', db])
    mkdirSync(docs)
    const watch = spawn(process.execPath, [program, 'docs', 'watch', docs, '--debounce-ms', '50', '--db', db])
    onTestFinished(() => void watch.kill('SIGKILL'))
    const ended = new Promise((done) => watch.once('close', done))
    watch.stdout.once('data', () => watch.stdout.destroy())
    await new Promise((done) => watch.stderr.once('data', done))
    writeFileSync(`${docs}/a.md`, 'alpha')
    expect(await ended).toBe(0)
  })

  it.runIf(existsSync('/dev/full'))('says in one line that its answer could not be written', async () => {
    const full = openSync('/dev/full', 'w')
    const command = spawn(process.execPath, [program, 'version', '--json'], { stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    let stderr = ''
    command.stderr?.on('data', (text) => {
      stderr += text
    })
    const code = await new Promise((done) => command.once('close', done))
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringMatching(/^error: Writing the answer failed: ENOSPC.*\n$/),
    })
  })

  it('exits with the code of its error', async () => {
    const missing = run(process.execPath, [program, 'stats', '--db', temporary('none.db'), '--json'])
    await expect(missing).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('"not_found"') })
  })
})
