import type { MemoryAddress, VersionGuard } from '../memory-store.js'
import type { StoredMemory } from './memory-rows.js'
import { type Refusal, refuse } from './operation.js'

export function refuseChange(before: StoredMemory, input: MemoryAddress & VersionGuard): Refusal | undefined {
  if (before.type === 'episodic') {
    return refuse('immutable', `${input.namespace} ${input.key} is episodic: what happened is not changed.`, {
      hint: 'Add another memory about what you learned since, or delete this one.',
    })
  }
  return refuseStale(before, input)
}

export function refuseStale(
  before: StoredMemory,
  { namespace, key, ifVersion, ifChain }: MemoryAddress & VersionGuard,
): Refusal | undefined {
  if (ifVersion === undefined || (ifVersion === before.version && (ifChain === undefined || ifChain === before.chain)))
    return undefined
  const otherLife = ifVersion === before.version ? ' of another life of this key' : ''
  return refuse('conflict', `${namespace} ${key} is at version ${before.version}, not at ${ifVersion}${otherLife}.`, {
    hint: 'Read it again, apply your change to what is there now, and retry with its version.',
    details: { version: before.version, expected: ifVersion },
  })
}

export function notFound({ namespace, key }: MemoryAddress): Refusal {
  return refuse('not_found', `There is no memory ${namespace} ${key}.`, {
    hint: 'Use add for a new one, restore for a deleted one.',
  })
}
