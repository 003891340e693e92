import { describe, expect, it } from 'vitest'
import { type Migration, parseMigrations, pendingMigrations } from '../../src/storage/migrate.js'
import { thrown } from '../helpers/refusal.js'

const file = (name: string, text = `-- ${name}`) => ({ name, text })
const pair = (name: string) => [file(`${name}.up.sql`), file(`${name}.down.sql`)]

describe('the files of migrations', () => {
  it('are read in the order of their numbers, whatever the order of the folder', () => {
    const files = [...pair('0002_more_things'), ...pair('0001_core')].reverse()
    expect(parseMigrations(files)).toEqual([
      { version: 1, name: 'core', up: '-- 0001_core.up.sql', down: '-- 0001_core.down.sql' },
      { version: 2, name: 'more_things', up: '-- 0002_more_things.up.sql', down: '-- 0002_more_things.down.sql' },
    ])
    expect(parseMigrations([])).toEqual([])
  })

  it.each([
    ['have another name', [file('notes.txt')], 'notes.txt is not named like'],
    ['have a short number', [file('001_core.up.sql')], 'is not named like'],
    ['go neither up nor down', [file('0001_core.sql')], 'is not named like'],
    [
      'share a number',
      [...pair('0001_core'), file('0001_other.up.sql')],
      'two names for migration 0001: core and other',
    ],
    ['leave a number out', [...pair('0001_core'), ...pair('0003_third')], 'migration 2 is missing'],
    ['begin after one', pair('0002_second'), 'migration 1 is missing'],
    ['lack the way back', [file('0001_core.up.sql')], 'migration 1 lacks its up or its down file'],
    ['lack the way there', [file('0001_core.down.sql')], 'migration 1 lacks its up or its down file'],
    [
      'are empty',
      [file('0001_core.up.sql', ''), file('0001_core.down.sql')],
      'migration 1 lacks its up or its down file',
    ],
  ])('are refused when they %s', (_, files, why) => {
    const error = thrown(() => parseMigrations(files), 'migration_failed')
    expect(error.message).toContain(why)
    expect(error.hint).toContain('Install')
  })
})

describe('pending migrations', () => {
  const steps: Migration[] = [1, 2, 3].map((version) => ({ version, name: 'step', up: 'up', down: 'down' }))

  it('are those above the version of the store', () => {
    const versions = (current: number) => pendingMigrations(steps, current).map(({ version }) => version)
    expect([0, 1, 2, 3].map(versions)).toEqual([[1, 2, 3], [2, 3], [3], []])
  })

  it('are none for a store of a newer Cairn, which is refused', () => {
    const { details, hint } = thrown(() => pendingMigrations(steps, 4), 'schema_newer')
    expect(details).toEqual({ found: 4, known: 3 })
    expect(hint).toContain('Update')
  })
})
