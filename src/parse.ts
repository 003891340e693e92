import { closest, distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { invalidInput } from './errors.js'

/** What a schema makes of an input, or `invalid_input` that names each field at fault and the nearest right name. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(explain)
  throw invalidInput(`${what}: ${problems.join('; ')}.`, suggestion(schema, parsed.error.issues))
}

function explain(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join('.')
  return `${path === '' ? '' : `${path}: `}${issue.message.replace(/^Invalid input: /, '')}`
}

function suggestion(schema: z.ZodType, issues: z.core.$ZodIssue[]): string | undefined {
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  if (unknown.length === 0 || !(schema instanceof z.ZodObject)) return undefined
  const known = Object.keys(schema.shape)
  return unknown.map((name) => didYouMean(name, known) ?? `Known fields are ${known.join(', ')}.`).join(' ')
}

/** A sentence with the known name nearest to a mistyped one, or undefined when none is near. */
export function didYouMean(name: string, known: string[]): string | undefined {
  if (known.length === 0) return undefined
  const nearest = closest(name, known)
  return distance(name, nearest) <= Math.max(2, name.length / 3) ? `Did you mean ${nearest}?` : undefined
}
