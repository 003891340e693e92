import type { SearchMode } from '../storage/search-store.js'
import { isTrusted } from './fuse.js'

/** Why a space has no part in a search, whatever the question is; undefined where it has one. `found` as of its row. */
export function withoutVectors(
  found: number | null,
  { mode, knownAt }: { mode: SearchMode | undefined; knownAt: unknown },
): string | undefined {
  if (knownAt !== undefined) return 'vector: the past is searched by words alone'
  // Who asks by meaning alone gets what there is.
  if (mode === 'semantic' || isTrusted({ found: found ?? undefined })) return undefined
  return 'vector: the model was found to know nothing of the texts of this store'
}
