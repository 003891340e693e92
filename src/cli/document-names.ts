import { join } from 'node:path'

interface Place {
  root: string
  path: string
}

/** Documents by their paths in their folders; those that would look alike in one answer by their whole paths on disk. */
export function documentNames(places: Place[]): (place: Place) => string {
  const roots = new Map<string, Set<string>>()
  for (const { root, path } of places) roots.set(path, (roots.get(path) ?? new Set()).add(root))
  return ({ root, path }) => ((roots.get(path)?.size ?? 0) > 1 ? join(root, path) : path)
}
