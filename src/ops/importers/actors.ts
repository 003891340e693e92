import type { actorKinds } from '../../sessions/event.js'
import { toId } from './names.js'

type ActorKind = (typeof actorKinds)[number]

/** Who said or did something: a kind of ours, with the name that the other tool has for it. */
export function actorOf(kind: ActorKind, name?: unknown): string {
  return typeof name === 'string' && name.trim() !== '' ? toId(`${kind}:${name.trim()}`) : kind
}

const kinds: Record<string, ActorKind> = {
  user: 'user',
  human: 'user',
  assistant: 'agent',
  ai: 'agent',
  agent: 'agent',
  model: 'agent',
  bot: 'agent',
  system: 'system',
  developer: 'system',
  tool: 'tool',
  function: 'tool',
}

/** The kind of actor that a role of another tool is; undefined when it is none that is known. */
export function kindOfRole(role: unknown): ActorKind | undefined {
  return typeof role === 'string' ? kinds[role.toLowerCase()] : undefined
}
