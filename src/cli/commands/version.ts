import { readFileSync } from 'node:fs'
import process from 'node:process'
import type { CairnCommand } from '../command.js'
import type { Io } from '../io.js'
import { Output } from '../output.js'

/** The same distance from src/cli/commands as from dist/cli/commands. */
const manifest = new URL('../../../package.json', import.meta.url)

export function packageVersion(): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

export function addVersion(program: CairnCommand, io: Io): void {
  program
    .command('version')
    .description('Print the versions of Cairn and Node.')
    .action((_flags: unknown, command: CairnCommand) => {
      const output = new Output(io, command.globalFlags().json ?? false)
      const versions = { version: packageVersion(), node: process.versions.node }
      output.show(versions, ({ version, node }) => `cairn ${version} (node ${node})`)
    })
}
