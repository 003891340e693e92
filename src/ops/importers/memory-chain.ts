import type { Json, JsonObject } from '../../json.js'
import type { MemoryType } from '../../memories/memory.js'
import { toIso, toIsoOrNull } from '../../time.js'
import type { InterchangeRecord } from '../interchange.js'
import type { ForeignFormat } from './importer.js'
import { stableId } from './names.js'

/** One version of a memory of another tool. A `value` of undefined says that it was deleted. */
export interface ForeignVersion {
  value: Json | undefined
  time: number
  by: string
  type?: MemoryType
  metadata?: JsonObject
  expiresAt?: number | undefined
}

export interface ForeignMemory {
  format: ForeignFormat
  namespace: string
  key: string
  type: MemoryType
  /** In order; what is deleted has been there before. */
  versions: ForeignVersion[]
}

/** The versions of a memory, numbered from 1. As everywhere in a store, none is recorded before the one that it follows. */
export function* chainRecords({ format, namespace, key, type, versions }: ForeignMemory): Generator<InterchangeRecord> {
  const chain = stableId(format, namespace, key)
  const times: number[] = []
  for (const { time } of versions) times.push(Math.max(time, times.at(-1) ?? 0))
  for (const [index, version] of versions.entries()) {
    yield {
      record: 'memory',
      namespace,
      key,
      version: index + 1,
      chain,
      type: version.type ?? type,
      value: version.value ?? null,
      deleted: version.value === undefined,
      metadata: version.metadata ?? {},
      validFrom: null,
      validTo: null,
      expiresAt: toIsoOrNull(version.expiresAt ?? null),
      recordedAt: toIso(times[index] ?? 0),
      supersededAt: toIsoOrNull(times[index + 1] ?? null),
      createdAt: toIso(times[0] ?? 0),
      createdBy: versions[0]?.by ?? version.by,
      updatedBy: version.by,
      origins: [],
    }
  }
}
