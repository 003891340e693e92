/**
 * What is written down while a conversation is played. A line may say so itself (`memory`); for a conversation without
 * such lines the demo keeps what can be said of it without understanding it: who talked, when, and how it began.
 */

/** Runs the memory operation of a line and returns the version it made, if it made one with a value; `source` is the turn it comes from, and stays with the version as metadata. */
export async function remember(memories, operation, source) {
  const { op, namespace, key, value, toVersion, ...rest } = operation
  const metadata = { source }
  if (op === 'add') return memories.add({ namespace, key, value, metadata, ...rest })
  if (op === 'update') return memories.update(namespace, key, value, { metadata, ...rest })
  if (op === 'rollback') return memories.rollback(namespace, key, toVersion)
  if (op === 'restore') return memories.restore(namespace, key)
  await memories.delete(namespace, key)
  return undefined
}

/** The operations for a session whose lines say nothing about memory. `known` are the speakers that have a memory already. */
export function deriveOperations({ id, user, turns }, known, dayOf) {
  const day = dayOf(turns[0].time)
  const speakers = [...new Set(turns.map(({ speaker }) => speaker))]
  const text = `${speakers.join(' and ')} talked on ${day}, ${turns.length} turns. It began: “${turns[0].text}”`
  const episode = { op: 'add', namespace: `user:${user}:sessions`, key: id, type: 'episodic', value: { text } }
  const people = speakers.map((speaker) => {
    const fact = {
      namespace: `user:${user}:people`,
      key: speaker,
      value: { text: `Last talked on ${day}`, day, session: id },
      validFrom: new Date(turns[0].time),
    }
    const isKnown = known.has(`${user}\n${speaker}`)
    known.add(`${user}\n${speaker}`)
    return isKnown ? { op: 'update', ...fact } : { op: 'add', type: 'semantic', ...fact }
  })
  return [episode, ...people]
}
