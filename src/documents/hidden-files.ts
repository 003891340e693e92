/** Hidden files and folders, and what package managers put there, are never indexed. */
export function isHidden(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules'
}
