import type { EventRow } from '../../sessions/event.js'
import type { NewMemory, VersionStamp } from '../memory-store.js'
import type { AppendedEvent, NewEvent } from '../session-store.js'
import type { Author } from '../storage.js'
import { isRefusal, type Refusal } from './operation.js'

// From the writer thread comes only what the caller does not know: copying whole rows back took a tenth of its time.

/** The sequence number of a new event, or the stored event that a retry met. */
type BriefAppend = number | EventRow

type BriefStamp = Pick<VersionStamp, 'version' | 'chain' | 'recordedAt' | 'createdAt' | 'createdBy'>

export function briefAppends(appended: AppendedEvent[] | Refusal): BriefAppend[] | Refusal {
  return isRefusal(appended) ? appended : appended.map(({ event, duplicate }) => (duplicate ? event : event.seq))
}

export function fullAppends(
  { events, author }: { events: NewEvent[]; author: Author },
  answers: BriefAppend[],
): AppendedEvent[] {
  return answers.map((answer, index) => {
    const event = events[index]
    if (typeof answer !== 'number' || event === undefined) return { event: answer as EventRow, duplicate: true }
    const { eventId, type, actor, timestamp = author.now, content, stateDelta, isFinal } = event
    const stored = {
      eventId,
      seq: answer,
      type,
      actor,
      timestamp,
      recordedAt: author.now,
      content,
      stateDelta,
      isFinal,
    }
    return { event: stored, duplicate: false }
  })
}

export function briefStamps(stamps: VersionStamp[] | Refusal): BriefStamp[] | Refusal {
  if (isRefusal(stamps)) return stamps
  return stamps.map(({ version, chain, recordedAt, createdAt, createdBy }) => ({
    ...{ version, chain, recordedAt, createdAt, createdBy },
  }))
}

export function fullStamps({ entries }: { entries: NewMemory[] }, answers: BriefStamp[]): VersionStamp[] {
  return entries.flatMap((entry, index) => {
    const answer = answers[index]
    return answer ? [fullStamp(entry, answer)] : []
  })
}

/** By name: objects that are spread together from over a dozen members become hash tables of 1.5 KB. */
function fullStamp(entry: NewMemory, answer: BriefStamp): VersionStamp {
  return {
    namespace: entry.namespace,
    key: entry.key,
    version: answer.version,
    chain: answer.chain,
    type: entry.type,
    value: entry.value,
    metadata: entry.metadata,
    validFrom: entry.validFrom,
    validTo: entry.validTo,
    expiresAt: entry.expiresAt,
    recordedAt: answer.recordedAt,
    createdAt: answer.createdAt,
    createdBy: answer.createdBy,
  }
}
