/** How soon what was written, by any process, is seen to have no vector yet. */
const lookMillis = 250

/**
 * Does rounds in the background, as long as there may be more to do at once, without keeping the process alive. Returns what
 * begins no more of them, and waits for the one under way.
 */
export function startRounds(round: () => Promise<boolean>): () => Promise<void> {
  let under: Promise<void> | undefined
  let stopped = false
  const work = async (): Promise<void> => {
    let more = true
    while (more && !stopped) more = await round()
  }
  const timer = setInterval(() => {
    under ??= work()
      // The store is busy, full or closed: whoever writes is told, and the jobs stay.
      .catch(() => undefined)
      .finally(() => {
        under = undefined
      })
  }, lookMillis).unref()
  return async () => {
    stopped = true
    clearInterval(timer)
    await under
  }
}
