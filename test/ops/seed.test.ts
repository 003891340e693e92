import { describe, expect, it } from 'vitest'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const statuses = ({ items }: { items: { status: string }[] }) => items.map(({ status }) => status)

describe('seeding an app', () => {
  it('adds the three memories that an app begins with', async () => {
    const { cairn } = await openStore()
    expect((await cairn.seed('support')).items).toEqual([
      { namespace: 'app:support:agent_instructions', key: 'default_workflow', status: 'created' },
      { namespace: 'app:support:config', key: 'memory_lifecycle_policies', status: 'created' },
      { namespace: 'app:support:defaults', key: 'user_preference_template', status: 'created' },
    ])
    const { items } = await cairn.memories.list({ namespace: 'app:support' })
    expect(items.map(({ type }) => type)).toEqual(['procedural', 'procedural', 'semantic'])
    const [workflow, policies, template] = items.map(({ value }) => value)
    expect(workflow).toMatchObject({ steps: expect.any(Array), errorHandling: expect.any(String) })
    expect((workflow as { steps: string[] }).steps).toHaveLength(5)
    expect(policies).toMatchObject({ episodicTtlDays: 90, archivalAfterDays: 365, consolidation: 'weekly' })
    expect(template).toEqual({ style: 'balanced', level: 'intermediate', length: 'moderate', codeComments: true })
  })

  it('changes nothing a second time, nor what was edited or deleted', async () => {
    const { cairn } = await openStore()
    await cairn.seed('support')
    const before = await cairn.info()
    expect(statuses(await cairn.seed('support'))).toEqual(['unchanged', 'unchanged', 'unchanged'])
    expect((await cairn.info()).rows).toEqual(before.rows)
    await cairn.memories.update('app:support:config', 'memory_lifecycle_policies', { episodicTtlDays: 30 })
    await cairn.memories.delete('app:support:defaults', 'user_preference_template')
    expect(statuses(await cairn.seed('support'))).toEqual(['unchanged', 'edited', 'deleted'])
    expect(await cairn.memories.get('app:support:config', 'memory_lifecycle_policies')).toMatchObject({ version: 2 })
    expect(statuses(await cairn.seed('sales'))).toEqual(['created', 'created', 'created'])
  })

  it('is done once by many who do it at the same time', async () => {
    const { cairn } = await openStore()
    const all = await Promise.all(Array.from({ length: 5 }, () => cairn.seed('support')))
    expect(all.flatMap(statuses).filter((status) => status === 'created')).toHaveLength(3)
    expect(new Set(all.flatMap(statuses))).toEqual(new Set(['created', 'unchanged']))
  })

  it('takes the right to write for the app', async () => {
    const { cairn } = await openStore()
    await refusal(cairn.as({ app: 'support' }).seed('support'), 'forbidden')
    await refusal(cairn.as({ app: 'support', grants: ['app:write'] }).seed('sales'), 'forbidden')
    expect(statuses(await cairn.as({ app: 'support', grants: ['app:write'] }).seed('support'))).toHaveLength(3)
    await refusal(cairn.seed(''), 'invalid_input')
  })
})
