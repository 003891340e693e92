import type { Page } from '../page.js'
import type { CairnCommand } from './command.js'
import type { Output } from './output.js'
import { wholeNumber } from './values.js'

/** The options of every list that comes in pages. */
export function addPaging(command: CairnCommand, usual = 50): CairnCommand {
  return command
    .option('--limit <n>', `at most this many, 1 to 1000; default ${usual}`, wholeNumber(1, 1000))
    .option('--cursor <cursor>', 'go on after a page: its `next`')
}

/** Tells people that there is more, or nothing. */
export function noteMore(page: Page<unknown>, output: Output, nothing: string): void {
  if (page.items.length === 0) output.note(nothing)
  if (page.next !== null) output.note(`There is more: add --cursor ${page.next}`)
}
