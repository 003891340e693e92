import { resolve } from 'node:path'
import type { Principal } from '../access/principal.js'
import type { Cairn } from '../cairn.js'
import { type Config, type ConfigInput, readConfigFile, readEnvironment, resolveConfig } from '../config.js'
import { invalidInput } from '../errors.js'
import { type OpenOptions, openCairn } from '../open.js'
import type { CairnCommand } from './command.js'
import type { Io } from './io.js'
import { Output } from './output.js'

/** What an action works with. */
export interface Door {
  cairn: Cairn
  output: Output
  /** Who asks, if --as names somebody. */
  as: Principal | undefined
}

/** Settings by precedence: --db, then the environment, then the nearest cairn.config.json, then ./cairn.db. */
export function readSettings(
  db: string | undefined,
  { env, cwd }: Pick<Io, 'env' | 'cwd'>,
  { threads = false, embedder }: Pick<ConfigInput, 'threads' | 'embedder'> = {},
): Config {
  // Commands go to a model only where a store has vectors.
  const sources = { file: { embedder: 'auto' as const, ...readConfigFile(cwd) }, environment: readEnvironment(env) }
  // A command does one thing and ends: threads would only take time to start, unless there is a lot to do.
  const config = resolveConfig({ threads, embedder, ...(db !== undefined && { db }) }, sources)
  if (config.db === ':memory:') {
    throw invalidInput('A store in memory would be gone when the command ends.', 'Give a path with --db.')
  }
  return { ...config, db: resolve(cwd, config.db) }
}

/**
 * Opens the store that the command's options name, as whoever they name, for one piece of work. `threads` suit a long one,
 * and `background` one without end.
 */
export async function onStore(
  {
    command,
    io,
    create = false,
    threads = false,
    embedder,
    background = false,
    ...rest
  }: Pick<OpenOptions, 'create' | 'threads' | 'embedder' | 'background' | 'onModel'> & {
    command: CairnCommand
    io: Io
  },
  work: (door: Door) => Promise<void>,
): Promise<void> {
  const { db, as, json = false } = command.globalFlags()
  const root = await openCairn({ ...readSettings(db, io, { threads, embedder }), create, background, ...rest })
  try {
    const cairn = as === undefined ? root : root.as(as)
    await work({ cairn, output: new Output(io, json), as })
  } finally {
    await root.close()
  }
}
