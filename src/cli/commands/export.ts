import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { invalidInput } from '../../errors.js'
import type { Cairn, ExportOptions } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { count, formatBytes } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { writeToFile, writeToStdout } from '../lines-out.js'
import { Progress } from '../progress.js'
import { onStore } from '../store.js'

export function addExport(program: CairnCommand, io: Io): void {
  program
    .command('export')
    .description('Write everything, or one namespace or session, as lines of JSON that import reads.')
    .argument('[file]', 'a new file, packed if its name ends in .gz; - for stdout', '-')
    .option('--namespace <namespace>', 'only a namespace and what is below it')
    .option('--session <id>', 'only a session, with those that it is a fork of')
    .addHelpText(
      'after',
      examples('cairn export backup.jsonl.gz', 'cairn export --namespace user:alice', 'cairn export --session SESSION'),
    )
    .action((file: string, scope: ExportOptions, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        if (file === '-' && output.json)
          throw invalidInput('What export prints is JSON already, one document a line.', 'Leave --json out.')
        const progress = new Progress(io)
        const lines = new CountedLines(cairn, scope, progress)
        try {
          if (file === '-') await writeToStdout(lines.pieces(), io)
          else await writeToFile(Readable.from(lines.pieces()), resolve(io.cwd, file))
        } finally {
          progress.end()
        }
        if (file === '-') return
        const { written, bytes } = lines
        output.show({ file, lines: written, bytes }, () => {
          return `Exported ${count(written, 'line')}, ${formatBytes(bytes)} of JSON, to ${file}.`
        })
      }),
    )
}

// Whoever writes them has something to do for each piece, and a line is short.
const pieceLength = 65_536

/** The lines of an export, some at a time, counted. */
class CountedLines {
  readonly #cairn: Cairn
  readonly #scope: ExportOptions
  readonly #progress: Progress
  written = 0
  bytes = 0

  constructor(cairn: Cairn, scope: ExportOptions, progress: Progress) {
    this.#cairn = cairn
    this.#scope = scope
    this.#progress = progress
  }

  async *pieces(): AsyncGenerator<string> {
    let expected: number | undefined
    let piece = ''
    for await (const line of this.#cairn.export(this.#scope)) {
      piece += line
      this.written++
      if (piece.length < pieceLength) continue
      expected ??= await this.#expected()
      this.#progress.update(this.written / expected, `${count(this.written, 'line')}`)
      this.bytes += Buffer.byteLength(piece)
      yield piece
      piece = ''
    }
    this.bytes += Buffer.byteLength(piece)
    yield piece
  }

  /** About how many lines there will be; of a part of the store nobody knows. */
  async #expected(): Promise<number> {
    if (Object.keys(this.#scope).length > 0) return Number.POSITIVE_INFINITY
    const { memories: _, vectors: __, ...rows } = (await this.#cairn.info()).rows
    return Object.values(rows).reduce((sum, number) => sum + number, 0)
  }
}
