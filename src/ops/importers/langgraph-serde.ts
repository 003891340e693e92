import { Decoder, ExtensionCodec } from '@msgpack/msgpack'
import { isObject } from './clean-json.js'

/** What could not be decoded is kept as its bytes, and `failed` says so. */
export interface Decoded {
  value: unknown
  failed: boolean
}

/**
 * A value as LangGraph's serializers store it: msgpack with Python's classes as extensions, or JSON with LangChain's
 * constructors. Instances become their fields, with the name of their class as `@type` where it says something.
 */
export function decodeTyped(type: unknown, data: unknown): Decoded {
  try {
    if (data === null || data === undefined || type === 'null') return { value: null, failed: false }
    if (type === 'msgpack' && data instanceof Uint8Array) return { value: decoder.decode(data), failed: false }
    if (type === 'bytes' || type === 'bytearray') return { value: data, failed: false }
    // JavaScript writes 'json', and once wrote the name of a class.
    if (type === 'pickle') return { value: data, failed: true }
    return { value: revive(JSON.parse(toText(data))), failed: false }
  } catch {
    return { value: data, failed: true }
  }
}

/** Metadata of a checkpoint: JSON in all versions but a few, whose is msgpack. */
export function decodeMetadata(data: unknown): Decoded {
  const json = decodeTyped('json', data)
  return json.failed ? decodeTyped('msgpack', data) : json
}

function toText(data: unknown): string {
  return data instanceof Uint8Array ? new TextDecoder('utf-8', { fatal: true }).decode(data) : String(data)
}

const extensions = new ExtensionCodec()
const decoder = new Decoder({
  extensionCodec: extensions,
  useBigInt64: true,
  // Python's keys may be anything; JSON's are text.
  mapKeyConverter: (key) =>
    typeof key === 'string' || typeof key === 'number' ? key : (JSON.stringify(key) ?? String(key)),
})

type Build = (parts: unknown[]) => unknown

// The numbers of LangGraph's extensions. The first two parts are always the module and the name of the class.
const builds: Record<number, Build> = {
  0: ([module, name, argument]) => fromOne(String(module), String(name), argument),
  1: ([module, name, list]) => fromSeveral(String(module), String(name), Array.isArray(list) ? list : [list]),
  2: ([module, name, fields]) => withType(module, name, fields),
  3: ([, , argument]) => argument,
  4: ([module, name, fields]) => withType(module, name, fields),
  5: ([module, name, fields]) => withType(module, name, fields),
  6: ([dtype, shape, order, bytes]) => ({ '@type': 'numpy.ndarray', dtype, shape, order, bytes }),
}

for (let code = 0; code < 128; code++) {
  extensions.register({
    type: code,
    encode: () => null,
    decode: (data) => decodeExtension(code, data),
  })
}

function decodeExtension(code: number, data: Uint8Array): unknown {
  const build = builds[code]
  try {
    // A decoder is busy while it decodes; each level needs its own.
    const inner = new Decoder({ extensionCodec: extensions, useBigInt64: true, mapKeyConverter: String }).decode(data)
    // 7 is a snapshot of a channel: what it holds is the value.
    if (code === 7) return Array.isArray(inner) && inner.length === 1 ? inner[0] : inner
    if (build !== undefined && Array.isArray(inner)) return build(inner)
  } catch {
    // Not of LangGraph's making: its bytes are kept.
  }
  return { '@extension': code, bytes: data }
}

function fromOne(module: string, name: string, argument: unknown): unknown {
  if (module === 'uuid' && typeof argument === 'string') {
    return argument.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
  return isObject(argument) ? withType(module, name, argument) : argument
}

function fromSeveral(module: string, name: string, list: unknown[]): unknown {
  const [first, second] = list
  if (module === 'datetime' && name === 'date') return list.map((part) => String(part).padStart(2, '0')).join('-')
  if (module === 'datetime' && name === 'timedelta') return { '@type': 'timedelta', days: first, seconds: second }
  if (module.startsWith('pathlib')) return list.join('/').replace(/^\/\//, '/')
  if (module === 're') return first
  if (name === 'Send') return { '@type': 'Send', node: first, arg: second }
  return { '@type': `${module}.${name}`, args: list }
}

function withType(module: unknown, name: unknown, fields: unknown): unknown {
  if (!isObject(fields)) return fields
  return isMessageClass(String(name))
    ? { ...fields, type: messageType(String(name)) }
    : { '@type': `${module}.${name}`, ...fields }
}

/** HumanMessage and AIMessageChunk are messages; AnyMessage of somebody else's module is none of ours. */
function isMessageClass(name: string): boolean {
  return /^(Human|AI|System|Tool|Function|Chat|Remove)Message(Chunk)?$/.test(name)
}

function messageType(name: string): string {
  return name.replace(/Message(Chunk)?$/, '').toLowerCase()
}

/** JSON in which instances stand as `{ lc, type: 'constructor', id, kwargs }`. */
function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive)
  if (!isObject(value)) return value
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, revive(member)]))
  if (members.lc !== 1 && members.lc !== 2) return members
  if (members.type === 'undefined') return null
  if (members.type !== 'constructor' || !Array.isArray(members.id)) return members
  return construct(members.id.map(String), members)
}

function construct(id: string[], { lc, kwargs, args }: Record<string, unknown>): unknown {
  const name = id.at(-1) ?? ''
  const list = Array.isArray(args) ? args : []
  if (lc === 2 && list.length > 0) {
    return ['Set', 'Map', 'RegExp', 'Error', 'Uint8Array'].includes(name) || list.length === 1
      ? fromOne(id.slice(0, -1).join('.'), name, list[0])
      : fromSeveral(id.slice(0, -1).join('.'), name, list)
  }
  return withType(id.slice(0, -1).join('.'), name, isObject(kwargs) ? kwargs : {})
}
