/** Ids that a test can foretell: id-1, id-2 and so on. */
export function idCounter(prefix = 'id'): () => string {
  let count = 0
  return () => `${prefix}-${++count}`
}
