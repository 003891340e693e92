import type { Grant, Principal, Right } from '../access/principal.js'
import { CairnError, invalidInput } from '../errors.js'

const fields = ['user', 'app', 'project', 'session', 'agent'] as const
const example = 'For example: --as user=alice,app=support,agent=planner,grant=app:write,grant=user:bob=read+write'

/**
 * The principal that --as names: `field=value` with commas between, or the JSON of a principal when a name has a comma
 * in it. Given twice, the parts add up. Whether the names are good is for the store to say.
 */
export function parseAs(text: string, previous: Principal = {}): Principal {
  if (text.trimStart().startsWith('{')) return { ...previous, ...parseJsonPrincipal(text) }
  const principal: Principal = { ...previous }
  for (const part of text.split(',')) addPart(principal, part.trim())
  return principal
}

function parseJsonPrincipal(text: string): Principal {
  try {
    return JSON.parse(text) as Principal
  } catch (error) {
    throw new CairnError('invalid_input', `--as is not JSON: ${text}`, { hint: example, cause: error })
  }
}

function addPart(principal: Principal, part: string): void {
  const equals = part.indexOf('=')
  const name = equals === -1 ? part : part.slice(0, equals)
  const value = equals === -1 ? '' : part.slice(equals + 1)
  if (value === '') throw invalidInput(part === '' ? '--as names nobody.' : `--as: ${name} has no value.`, example)
  if (name === 'grant') {
    principal.grants = [...(principal.grants ?? []), parseGrant(value)]
    return
  }
  const field = fields.find((known) => known === name)
  if (field === undefined) throw invalidInput(`--as: '${name}' is not one of ${fields.join(', ')}, grant.`, example)
  if (principal[field] !== undefined) throw invalidInput(`--as names two of ${field}.`, 'Name each once.')
  principal[field] = value
}

/** `app:write`, `project:write`, or `NAMESPACE=RIGHTS` with rights read, write or read+write. */
function parseGrant(text: string): Grant {
  if (text === 'app:write' || text === 'project:write') return text
  const equals = text.lastIndexOf('=')
  const rights = text.slice(equals + 1).split('+')
  if (equals === -1 || !rights.every((right): right is Right => right === 'read' || right === 'write')) {
    throw invalidInput(
      `--as: '${text}' is not a grant.`,
      'Grants are app:write, project:write, or a namespace with rights: grant=user:bob=read+write.',
    )
  }
  return { namespace: text.slice(0, equals), rights }
}
