import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Debounce } from '../../src/documents/debounce.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A debounce with somebody who waits for it, and how often that was woken. */
function waitedFor(quiet: number, longest: number) {
  const controller = new AbortController()
  const debounce = new Debounce(quiet, longest)
  const told = { rings: 0, ended: false }
  const wait = async (): Promise<void> => {
    while (await debounce.next(controller.signal)) told.rings++
    told.ended = true
  }
  void wait()
  return { debounce, told, controller }
}

it('is due when nothing has come for a while, once for all that came', async () => {
  const { debounce, told } = waitedFor(100, 1_000)
  for (let touch = 0; touch < 5; touch++) {
    debounce.touch()
    await vi.advanceTimersByTimeAsync(99)
  }
  expect(told.rings).toBe(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(told.rings).toBe(1)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(told.rings).toBe(1)
  debounce.touch()
  await vi.advanceTimersByTimeAsync(100)
  expect(told.rings).toBe(2)
})

it('is due after the longest time, however fast they come', async () => {
  const { debounce, told } = waitedFor(100, 1_000)
  for (let touch = 0; touch < 30; touch++) {
    debounce.touch()
    await vi.advanceTimersByTimeAsync(50)
  }
  expect(told.rings).toBe(1)
})

it('remembers that it was due while nobody waited', async () => {
  const debounce = new Debounce(100, 1_000)
  debounce.touch()
  await vi.advanceTimersByTimeAsync(100)
  const { signal } = new AbortController()
  expect(await debounce.next(signal)).toBe(true)
})

it('lets go of who waits when it is told to', async () => {
  const { debounce, told, controller } = waitedFor(100, 1_000)
  debounce.touch()
  controller.abort()
  await vi.advanceTimersByTimeAsync(0)
  expect(told).toEqual({ rings: 0, ended: true })
  debounce.end()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(vi.getTimerCount()).toBe(0)
})
