import { isDeepStrictEqual } from 'node:util'
import { parseSegment } from '../access/namespace.js'
import { decodeJson, type JsonObject } from '../json.js'
import type { MemoryRow, MemoryType } from '../memories/memory.js'
import { type MemoryContext, missingOf, refusal } from '../memories/memory-context.js'
import { parseNewMemory } from '../memories/memory-inputs.js'
import type { NewMemory } from '../storage/memory-store.js'

interface Seed {
  area: string
  key: string
  type: MemoryType
  value: JsonObject
}

/** What an app begins with: how to work, how long to keep what, and what a user is like who has not said so. */
const seeds: Seed[] = [
  {
    area: 'agent_instructions',
    key: 'default_workflow',
    type: 'procedural',
    value: {
      steps: [
        'Read the task, and recall what is known about it: the session, the user, the project.',
        'Make a plan of small steps, and say what each is to achieve.',
        'Take one step at a time, and append an event for each.',
        'Check the outcome against the task before going on.',
        'Keep what was learned: facts as semantic, what happened as episodic, better ways as procedural memories.',
      ],
      errorHandling: 'Retry what may pass, at most three times. Otherwise stop, say what failed, and ask.',
      logging: 'Append an event for every action and every failure. Never log secrets.',
    },
  },
  {
    area: 'config',
    key: 'memory_lifecycle_policies',
    type: 'procedural',
    value: {
      episodicTtlDays: 90,
      episodicTtlDaysAllowed: [30, 90],
      semantic: 'permanent',
      procedural: 'versioned',
      consolidation: 'weekly',
      archivalAfterDays: 365,
    },
  },
  {
    area: 'defaults',
    key: 'user_preference_template',
    type: 'semantic',
    value: { style: 'balanced', level: 'intermediate', length: 'moderate', codeComments: true },
  },
]

/** What became of one seed: `edited` and `deleted` ones are somebody's work and stay as they are. */
export interface SeededMemory {
  namespace: string
  key: string
  status: 'created' | 'unchanged' | 'edited' | 'deleted'
}

/** The memories that an app begins with, each of them once. Takes the rights to read and to write there. */
export async function seedApp(context: MemoryContext, app: string): Promise<{ items: SeededMemory[] }> {
  const outer = `app:${parseSegment(app, 'The app')}`
  const missing = missingOf(context, ['write', 'read'], outer)
  if (missing) throw await refusal(context, missing, outer, 'create')
  const author = context.guard.author()
  const entries = seeds.map(({ area, ...seed }) => {
    const memory = { ...seed, namespace: `${outer}:${area}`, metadata: { source: 'seed' } }
    return parseNewMemory(memory, context.valueBytes, context.newId, author.now)
  })
  const there = await context.storage.memories.seed({ entries, author })
  const items = entries.map((entry, index) => {
    const { namespace, key } = entry
    return { namespace, key, status: statusOf(entry, there[index] ?? null) }
  })
  return { items }
}

function statusOf({ value }: NewMemory, latest: MemoryRow | null): SeededMemory['status'] {
  if (latest === null) return 'created'
  if (latest.deleted === 1) return 'deleted'
  return isDeepStrictEqual(decodeJson(latest.value), decodeJson(value)) ? 'unchanged' : 'edited'
}
