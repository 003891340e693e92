import { fork } from 'node:child_process'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

/** What went wrong among the processes, for people. */
export class ProcessError extends Error {}

/** Node programs that run beside this one. They tell what they do by messages, and none of them outlives `within`. */
export function createProcesses() {
  const running = new Set()
  const endAll = () => {
    for (const started of running) started.end()
  }
  return {
    start(name, script, settings) {
      const started = startProcess(name, script, settings)
      running.add(started)
      void started.gone.then(() => running.delete(started))
      return started
    },
    /** Runs `story`; after `seconds` it is given up. Whatever happened, all processes are ended, each by its id. */
    async within(seconds, story) {
      const end = new AbortController()
      const late = sleep(seconds * 1000, undefined, { signal: end.signal }).then(() => {
        throw new ProcessError(`It was not done after ${seconds} s, and was stopped.`)
      })
      // Before anything else that happens at the end: a process that goes on could write into a folder that goes.
      process.prependListener('exit', endAll)
      try {
        return await Promise.race([story(), late])
      } finally {
        end.abort()
        endAll()
        await Promise.all([...running].map(({ gone }) => gone))
        process.off('exit', endAll)
      }
    },
  }
}

function startProcess(name, script, settings) {
  const child = fork(script, [JSON.stringify(settings)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = (errors + text).slice(-4000)
  })
  const closed = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)))
  // The last messages may come after the end of who sent them.
  const told = new Promise((resolve) => child.once('disconnect', resolve))
  // It could not be started; or a message came too late for it, which its end tells as well.
  const failed = new Promise((resolve) => child.on('error', ({ code }) => child.pid === undefined && resolve([code])))
  let wasEnded = false
  const gone = Promise.race([Promise.all([closed, told]), failed]).then(([how]) => ({
    how,
    why: errorIn(errors),
    wasEnded,
  }))
  const heard = new Map()
  child.on('message', (message) => heard.set(message.type, message))
  return {
    name,
    child,
    /** How it ended (its exit code, or a signal), what error it wrote last, and whether `end` did it. */
    gone,
    end() {
      wasEnded = true
      child.kill('SIGKILL')
    },
    /** The first message of a type; rejects when the process ends without it. */
    async until(type) {
      const came = new Promise((resolve) => child.on('message', (message) => message.type === type && resolve(message)))
      const message = heard.get(type) ?? (await Promise.race([came, gone.then(() => heard.get(type))]))
      if (message !== undefined) return message
      const { how, why } = await gone
      throw new ProcessError(`The ${name} ended (${how})${why}.`)
    },
  }
}

/** The line of a stack trace that says what it is about. */
function errorIn(text) {
  const line = text.split('\n').find((each) => /^\w*Error\b/.test(each)) ?? text.trim().split('\n').at(-1)
  return line ? `: ${line}` : ''
}
