import type { NewSpace } from '../storage/embedding-store.js'

/** The command that changes a store over to a model, or goes on with that; undefined for a model that only a program has. */
export function migrateCommand({ provider, model, dimensions }: NewSpace): string | undefined {
  return provider === 'custom' ? undefined : `cairn embeddings migrate --to ${provider}/${model}/${dimensions}`
}
