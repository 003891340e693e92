import { isDeepStrictEqual } from 'node:util'
import { parseSegment } from '../access/namespace.js'
import { CairnError } from '../errors.js'
import type { JsonObject } from '../json.js'
import type { MemoryType } from '../memories/memory.js'
import type { MemoryService } from '../memories/memory-service.js'

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

/** The memories that an app begins with, each of them once. */
export async function seedApp(memories: MemoryService, app: string): Promise<{ items: SeededMemory[] }> {
  const name = parseSegment(app, 'The app')
  const items: SeededMemory[] = []
  for (const seed of seeds) items.push(await plant(memories, `app:${name}:${seed.area}`, seed))
  return { items }
}

async function plant(memories: MemoryService, namespace: string, seed: Seed): Promise<SeededMemory> {
  const { key, type, value } = seed
  const found = await statusOf(memories, namespace, seed)
  if (found !== undefined) return { namespace, key, status: found }
  try {
    await memories.add({ namespace, key, type, value, metadata: { source: 'seed' } })
    return { namespace, key, status: 'created' }
  } catch (error) {
    // Somebody else was seeding at the same time.
    if (!(error instanceof CairnError) || error.code !== 'already_exists') throw error
    return { namespace, key, status: (await statusOf(memories, namespace, seed)) ?? 'unchanged' }
  }
}

async function statusOf(
  memories: MemoryService,
  namespace: string,
  { key, value }: Seed,
): Promise<SeededMemory['status'] | undefined> {
  const [latest] = (await memories.history(namespace, key, { limit: 1 })).items
  if (latest === undefined) return undefined
  if (latest.deleted) return 'deleted'
  return isDeepStrictEqual(latest.value, value) ? 'unchanged' : 'edited'
}
