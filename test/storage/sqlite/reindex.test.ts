import { mkdirSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openCairn } from '../../../src/open.js'
import { useTempFolder } from '../../helpers/temp-folder.js'

const newPath = useTempFolder()
const owner = { app: 'support', user: 'alice' }

async function fill(path: string): Promise<void> {
  const cairn = await openCairn({ db: path, threads: false })
  await cairn.memories.add({ namespace: 'user:alice', key: 'tea', value: 'green tea from Uji', type: 'semantic' })
  const agent = cairn.as(owner)
  const { id } = await agent.sessions.create()
  await agent.sessions.appendEvent(id, { type: 'message', actor: 'user', content: { text: 'the tea is cold' } })
  const folder = `${path}.docs`
  mkdirSync(folder)
  writeFileSync(`${folder}/tea.md`, '---\ntags: [green]\n---\n# Tea\n\nTea is grown in the hills.\n')
  await cairn.documents.sync(folder, { namespace: 'user:alice' })
  await cairn.close()
}

/** As a version of Cairn left it that made its texts in another way. */
function age(path: string): void {
  const db = new Database(path)
  db.exec(`insert into search_text (search_text) values ('delete-all')`)
  db.exec(`insert into search_text (rowid, scope, title, body) select id, 'old', 'old', 'old' from search_items`)
  db.pragma('user_version = 0')
  db.close()
}

describe('an index whose texts another version made', () => {
  it('is made anew when the store is opened, and finds as before', async () => {
    const path = newPath()
    await fill(path)
    age(path)
    const cairn = await openCairn({ db: path, threads: false })
    const { hits } = await cairn.as(owner).search('tea')
    expect(hits.map((hit) => hit.kind).sort()).toEqual(['document', 'event', 'memory'])
    expect((await cairn.search('green', { kinds: ['document'] })).hits).toHaveLength(1)
    expect((await cairn.search('old')).hits).toEqual([])
    await cairn.close()
  })

  it('is made anew once, by one of two that open it at the same time', async () => {
    const path = newPath()
    await fill(path)
    age(path)
    const both = await Promise.all([openCairn({ db: path }), openCairn({ db: path })])
    for (const cairn of both) expect((await cairn.search('tea')).hits).toHaveLength(3)
    for (const cairn of both) await cairn.close()
  })
})
