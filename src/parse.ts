import { distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { invalidInput } from './errors.js'
import { describe, isPlainObject } from './json.js'

/**
 * What a schema makes of an input, or `invalid_input` that names each field at fault. Its hint is the nearest right name,
 * or else `hint`.
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
  hint?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(explain)
  throw invalidInput(`${what}: ${problems.join('; ')}.`, suggestion(schema, parsed.error.issues) ?? hint)
}

/** A plain object whose values are of one kind. Not z.record, which silently drops a key named __proto__. */
export function objectOf<Value extends z.ZodType>(
  value: Value,
): z.ZodType<Record<string, z.output<Value>>, Record<string, z.input<Value>>> {
  const schema = z.unknown().superRefine((input, context) => {
    if (!isPlainObject(input)) {
      context.addIssue({ code: 'custom', message: `expected an object, received ${describe(input)}` })
      return
    }
    for (const [name, member] of Object.entries(input)) {
      const problems = value.safeParse(member).error?.issues ?? []
      for (const issue of problems)
        context.addIssue({ code: 'custom', message: reasonOf(issue), path: [name, ...issue.path] })
    }
  })
  return schema.meta({ type: 'object' }) as unknown as ReturnType<typeof objectOf<Value>>
}

/** A plain object of anything. Typed as `object`, so that values of an interface type are taken as well. */
export const plainObject = objectOf(z.unknown()) as z.ZodType<Record<string, unknown>, object>

function explain(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join('.')
  return `${path === '' ? '' : `${path}: `}${reasonOf(issue)}`
}

function reasonOf(issue: z.core.$ZodIssue): string {
  const message = issue.code === 'invalid_union' ? eitherOf(issue) : issue.message.replace(/^Invalid input: /, '')
  return message.endsWith(', received undefined') ? 'is missing' : message
}

/** What a union expected and received, where that is all that is wrong; of a union Zod says no more than "Invalid input". */
function eitherOf({ errors, message }: z.core.$ZodIssueInvalidUnion): string {
  const issues = errors.flat()
  const expected = issues.flatMap((issue) =>
    issue.code === 'invalid_type' && issue.path.length === 0 ? issue.expected : [],
  )
  const received = issues[0]?.message.match(/, received .*$/)?.[0]
  return expected.length < issues.length || received === undefined
    ? message
    : `expected ${expected.join(' or ')}${received}`
}

function suggestion(schema: z.ZodType, issues: z.core.$ZodIssue[]): string | undefined {
  const sentences = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return []
    const known = fieldsAt(schema, issue.path)
    return issue.keys.map((name) => didYouMean(name, known) ?? `Known fields are ${known.join(', ')}.`)
  })
  return sentences.length === 0 ? undefined : sentences.join(' ')
}

/** The names of the fields of the object at a path inside a schema; empty when there is no one object there. */
function fieldsAt(schema: unknown, path: PropertyKey[]): string[] {
  const [field, ...rest] = path
  if (schema instanceof z.ZodObject) {
    return field === undefined ? Object.keys(schema.shape) : fieldsAt(schema.shape[String(field)], rest)
  }
  if (schema instanceof z.ZodPipe) return fieldsAt(schema.out, path)
  const wrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
  return wrapped ? fieldsAt(schema.unwrap(), path) : []
}

/** A sentence with the known name nearest to a mistyped one, or undefined when none is near. */
export function didYouMean(name: string, known: string[]): string | undefined {
  const [first] = known
  if (first === undefined) return undefined
  const nearest = known.reduce((best, each) => (edits(name, each) < edits(name, best) ? each : best), first)
  return edits(name, nearest) <= Math.min(2, name.length / 3) ? `Did you mean ${nearest}?` : undefined
}

/** How many letters have to be put in, left out or replaced; two beside each other that were swapped are one mistake. */
function edits(name: string, other: string): number {
  const found = distance(name, other)
  if (found !== 2 || name.length !== other.length) return found
  const at = Array.from(name).findIndex((letter, index) => letter !== other[index])
  const isSwapped = name[at] === other[at + 1] && name[at + 1] === other[at]
  return isSwapped ? 1 : found
}
