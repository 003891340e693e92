import process from 'node:process'

// Ctrl-C reaches all processes of a terminal; who started this one sees to its end.
process.on('SIGINT', () => undefined)
// Without whom to tell, there is nothing to do.
process.on('disconnect', () => process.exit())

/** Tells the process that started this one. */
export function tell(message) {
  return new Promise((resolve, reject) => process.send(message, (error) => (error ? reject(error) : resolve())))
}
