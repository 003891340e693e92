import { CairnError } from '../errors.js'

/** One numbered step of the schema and the way back. */
export interface Migration {
  version: number
  name: string
  up: string
  down: string
}

const fileName = /^(\d{4})_([a-z0-9_]+)\.(up|down)\.sql$/

/** Reads a folder of `0001_name.up.sql` and `.down.sql` files: numbers without gaps, every step with its way back. */
export function parseMigrations(files: { name: string; text: string }[]): Migration[] {
  const steps = new Map<number, Migration>()
  for (const file of files) {
    const [, number, name, direction] = fileName.exec(file.name) ?? []
    if (number === undefined || name === undefined) throw broken(`${file.name} is not named like 0001_name.up.sql`)
    const step = steps.get(Number(number)) ?? { version: Number(number), name, up: '', down: '' }
    if (step.name !== name) throw broken(`two names for migration ${number}: ${step.name} and ${name}`)
    steps.set(step.version, { ...step, [direction === 'up' ? 'up' : 'down']: file.text })
  }
  const sorted = [...steps.values()].sort((a, b) => a.version - b.version)
  for (const [index, step] of sorted.entries()) {
    if (step.version !== index + 1) throw broken(`migration ${index + 1} is missing`)
    if (step.up === '' || step.down === '') throw broken(`migration ${step.version} lacks its up or its down file`)
  }
  return sorted
}

/** The steps still to take from a schema version, or `schema_newer` when a newer Cairn has been here. */
export function pendingMigrations(migrations: Migration[], current: number): Migration[] {
  const newest = migrations.at(-1)?.version ?? 0
  if (current > newest) {
    throw new CairnError('schema_newer', `The store has schema ${current}; this Cairn knows up to ${newest}.`, {
      hint: 'Update cairn-memory, or open the store with the version that wrote it.',
      details: { found: current, known: newest },
    })
  }
  return migrations.filter((step) => step.version > current)
}

function broken(why: string): CairnError {
  return new CairnError('migration_failed', `The migrations of this installation are broken: ${why}.`, {
    hint: 'Install cairn-memory again.',
  })
}
