// One of several writers on one session: appends events one after the other, as a process of its own.
import process from 'node:process'
import { openCairn } from 'cairn-memory'

const [db = '', session = '', writer = '', count = '0'] = process.argv.slice(2)
const cairn = await openCairn(db)
for (let index = 0; index < Number(count); index++) {
  await cairn.sessions.appendEvent(session, {
    eventId: `${writer}/${index}`,
    type: 'action',
    actor: `agent:${writer}`,
    content: { text: `step ${index}` },
    stateDelta: { [`${writer}/${index}`]: index, [writer]: index, last: writer },
  })
}
await cairn.close()
