import { renameSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { refusal } from '../helpers/refusal.js'
import { damageCheckpoint } from '../storage/sqlite/damage-checkpoint.js'
import { openStore } from '../store.js'
import { exported, fill, recordsOf } from './full-store.js'

describe.each([true, false])('an export, threads %s', (threads) => {
  it('fails as corrupt where a value is damaged, and the store goes on', async () => {
    const { cairn, path } = await openStore({ threads })
    await cairn.memories.add({ namespace: 'user:alice', key: 'k', value: 'x', type: 'semantic' })
    const db = new Database(path)
    db.pragma('ignore_check_constraints = on')
    db.exec(`update memory_entries set value = '{"half'`)
    db.close()
    await refusal(exported(cairn), 'corrupt')
    await cairn.memories.add({ namespace: 'user:alice', key: 'other', value: 'x', type: 'semantic' })
    expect(recordsOf(await exported(cairn, { namespace: 'user:bob' }))).toEqual([])
  })

  it('fails as corrupt where a checkpoint is damaged', async () => {
    const { cairn, path } = await openStore({ threads })
    await cairn.tasks.submit({ id: 't1', prompt: 'work', app: 'shop', user: 'alice' })
    await cairn.checkpoints.put('t1', 1, { step: 1 })
    expect(await exported(cairn)).toContain('{"step":1}')
    damageCheckpoint(path, 't1', 1, 'last byte')
    await refusal(exported(cairn), 'corrupt')
  })

  it('fails where the store has gone', async () => {
    const { cairn, path } = await openStore({ threads })
    renameSync(path, `${path}.gone`)
    await refusal(exported(cairn), 'read_only')
    rmSync(`${path}.gone`)
  })

  it('leaves a line in the trail where reads do, which is in no export', async () => {
    const { cairn } = await openStore({ threads, auditReads: 'full' })
    await exported(cairn, { namespace: 'user:alice' })
    const { items } = await cairn.audit.list({ operation: 'export', subject: 'store' })
    expect(items).toMatchObject([{ outcome: 'ok', detail: { namespace: 'user:alice' } }])
    expect(recordsOf(await exported(cairn))).toEqual([])
  })
})

describe('the parts of an export', () => {
  it('are of a namespace with its state, or of a session with its ancestors', async () => {
    const store = await openStore()
    await fill(store)
    const kinds = async (scope: object) => [
      ...new Set(recordsOf(await exported(store.cairn, scope)).map(({ record }) => record)),
    ]
    expect(await kinds({ namespace: 'user:alice' })).toEqual(['state', 'memory', 'audit'])
    expect(await kinds({ namespace: 'user:alice:notes' })).toEqual(['memory', 'audit'])
    expect(await kinds({ namespace: 'session:s-é' })).toEqual(['memory', 'audit'])
    expect(await kinds({ session: 's-é' })).toEqual(['session', 'event', 'state', 'memory', 'audit'])
    expect(await kinds({ session: 's-\ue000' })).toEqual(['session', 'event', 'operation', 'state', 'audit'])
    const fork = recordsOf(await exported(store.cairn, { session: '0-fork' }))
    expect(fork.flatMap(({ record, id }) => (record === 'session' ? [id] : []))).toEqual([
      ...['0-fork', 'a-fork', 's-é', 'taken-back'],
    ])
    expect(
      recordsOf(await exported(store.cairn, { session: 's-é' })).filter(({ session }) => session === 'a-fork'),
    ).toEqual([])
  })

  it('are named as they are stored, and must be there and be what they are called', async () => {
    const store = await openStore()
    await fill(store)
    expect(await exported(store.cairn, { session: 's-e\u0301' })).toContain('"scope":{"session":"s-é"}')
    await refusal(exported(store.cairn, { session: 'nobody' }), 'not_found')
    await refusal(exported(store.cairn, { namespace: 'user' }), 'invalid_input')
    await refusal(exported(store.cairn, { session: 's-é', namespace: 'user:alice' }), 'invalid_input')
    await refusal(exported(store.cairn, { sesion: 's-é' } as never), 'invalid_input')
  })

  it('have each line of the trail once, though it is found in two ways', async () => {
    const store = await openStore()
    await fill(store)
    const db = new Database(store.path)
    db.exec(`insert into audit (timestamp, subject, operation, actor, principal, session_id, namespace)
             values (1, 'event', 'append', 'root', '{}', 's-é', 'session:s-é')`)
    db.close()
    const text = await exported(store.cairn, { session: 's-é' })
    expect(text.match(/"timestamp":"1970-01-01T00:00:00.001Z"/g)).toHaveLength(1)
  })
})
