import { z } from 'zod'
import { invalidInput } from '../errors.js'
import { parse } from '../parse.js'
import { type Memory, memoryOf } from './memory.js'
import { type MemoryContext, missingOf, refusal } from './memory-context.js'
import { guardSchema, parseAddress, toGuard } from './memory-inputs.js'

const sourceSchema = z.strictObject({ namespace: z.string(), key: z.string() })

export const publishOptionsSchema = z.strictObject({ key: z.string().optional(), ifVersion: guardSchema.optional() })

/** `key` is its name at the new place, the same by default; `ifVersion` must be the latest version there, else `conflict`. */
export type PublishOptions = z.input<typeof publishOptionsSchema>

export async function publish(
  context: MemoryContext,
  source: { namespace: string; key: string },
  toNamespace: string,
  options: PublishOptions,
): Promise<Memory> {
  const named = parse(sourceSchema, source, 'What to publish')
  const { key, ifVersion } = parse(publishOptionsSchema, options, 'publish')
  const from = parseAddress(named.namespace, named.key)
  const to = parseAddress(toNamespace, key ?? from.key)
  if (from.namespace === to.namespace && from.key === to.key)
    throw invalidInput('That is where it is already.', 'Name another namespace, or another key.')
  if (missingOf(context, ['read'], from.namespace)) throw await refusal(context, 'read', from.namespace, 'publish')
  if (missingOf(context, ['write'], to.namespace)) throw await refusal(context, 'write', to.namespace, 'publish')
  const author = context.guard.author()
  const chain = context.newId()
  const stamp = await context.storage.memories.publish({ from, to, chain, ...toGuard(ifVersion), author })
  return memoryOf(stamp, { supersededAt: null, updatedBy: author.actor, deleted: 0 })
}
