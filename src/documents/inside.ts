/** Whether a path is below a folder. */
export function isInside(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder === '/' ? folder : `${folder}/`)
}
