import { assemble } from '../scripts/assemble.mjs'

/** Tests run the sources, which need what is assembled from them beside them. */
export default async function setup(): Promise<void> {
  await assemble(process.cwd())
}
