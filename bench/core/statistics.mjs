/** The q-quantile (0 to 1) of numbers. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}

export const median = (values) => quantile(values, 0.5)

export function round(value, digits = 3) {
  return Number(value.toFixed(digits))
}

/** Milliseconds of each call of an async function. */
export async function timeEach(count, call) {
  const times = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await call(i)
    times.push(performance.now() - start)
  }
  return times
}

/** Milliseconds until `count` calls by `callers` callers at once are done. */
export async function timeTogether(count, callers, call) {
  let next = 0
  const caller = async () => {
    while (next < count) await call(next++)
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: callers }, caller))
  return performance.now() - start
}
