/** Does something before a signal ends the process as it would have. Returns what takes it back. */
export function onSignal(clean: (signal: NodeJS.Signals) => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const end = (): void => {
    for (const signal of signals) process.off(signal, stop)
  }
  const stop = (signal: NodeJS.Signals): void => {
    clean(signal)
    end()
    process.kill(process.pid, signal)
  }
  for (const signal of signals) process.once(signal, stop)
  return end
}
