// @ts-check
// Opens a store as a user without rights, and prints for each thing it tries 'ok' or the code of the refusal.
import process from 'node:process'
import { openCairn } from 'cairn-memory'

const [options] = process.argv.slice(2).map((arg) => JSON.parse(arg))
if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(65534)
  process.setuid?.(65534)
}

/** @type {Record<string, string>} */
const outcome = {}
/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} act
 */
async function attempt(name, act) {
  try {
    const result = await act()
    outcome[name] = 'ok'
    return result
  } catch (error) {
    const { code, hint } = /** @type {import('cairn-memory').CairnError} */ (error)
    outcome[name] = hint ? code : `${code} without a hint`
    return undefined
  }
}

const cairn = await attempt('open', () => openCairn(options))
if (cairn) {
  await attempt('get', async () => {
    if ((await cairn.memories.get('user:alice', 'tone')) === null) throw new Error('the memory is not there')
  })
  await attempt('list', () => cairn.memories.list())
  await attempt('search', async () => {
    if ((await cairn.search('warm')).hits.length !== 1) throw new Error('the memory was not found')
  })
  await attempt('add', () => cairn.memories.add({ namespace: 'user:alice', key: 'new', value: 1, type: 'semantic' }))
  await attempt('update', () => cairn.memories.update('user:alice', 'tone', 'cold'))
  await attempt('get again', () => cairn.memories.get('user:alice', 'tone'))
  await attempt('close', () => cairn.close())
}
console.log(JSON.stringify(outcome))
