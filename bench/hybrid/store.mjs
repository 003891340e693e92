// A store with as many memories, events and sections of pages, of 300 users, written through the public API.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTexts } from '../core/rows.mjs'

export const users = 300
const sectionsOfPage = 10
const app = 'bench'
const atOnce = 500

export const userName = (index) => `u${index}`
export const principalOf = (user) => ({ app, user })

export async function fillStore(cairn, folder, each) {
  const texts = makeTexts(2)
  const ofUser = Math.ceil(each / users)
  for (let index = 0; index < users; index++) {
    const user = userName(index)
    const namespace = `user:${user}:notes`
    const memories = Array.from({ length: ofUser }, (_, at) => ({
      ...{ namespace, key: `note-${at}`, value: { text: texts.text() }, type: 'semantic' },
    }))
    for (let at = 0; at < ofUser; at += atOnce) await cairn.memories.addMany(memories.slice(at, at + atOnce))
    const agent = cairn.as(principalOf(user))
    const { id } = await agent.sessions.create({})
    const events = Array.from({ length: ofUser }, () => ({
      ...{ type: 'message', actor: 'user', content: { text: texts.text() } },
    }))
    for (let at = 0; at < ofUser; at += atOnce) await agent.sessions.appendEvents(id, events.slice(at, at + atOnce))
    const root = join(folder, user)
    writePages(root, ofUser, texts)
    await cairn.documents.sync(root, { namespace: `user:${user}` })
  }
}

/** Pages of ten sections of 60 words. */
export function writePages(root, sections, texts) {
  mkdirSync(root, { recursive: true })
  for (let page = 0; page * sectionsOfPage < sections; page++) {
    const count = Math.min(sectionsOfPage, sections - page * sectionsOfPage)
    const parts = Array.from({ length: count }, () => `## ${texts.text(3)}\n\n${texts.text(60)}\n`)
    writeFileSync(join(root, `page-${page}.md`), `# ${texts.text(4)}\n\n${parts.join('\n')}`)
  }
}
