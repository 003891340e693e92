import { join } from 'node:path'

interface Place {
  namespace: string
  root: string
  path: string
}

/**
 * Documents by their paths in their folders; those that would look alike in one answer by their whole paths on disk, and
 * those of one folder that is indexed in several namespaces with their namespaces.
 */
export function documentNames(places: Place[]): (place: Place) => { name: string; beside: string } {
  return ({ namespace, root, path }) => {
    const alike = places.filter((other) => other.path === path)
    const name = alike.some((other) => other.root !== root) ? join(root, path) : path
    const inOthers = alike.some((other) => other.root === root && other.namespace !== namespace)
    return { name, beside: inOthers ? ` in ${namespace}` : '' }
  }
}
