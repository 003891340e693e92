import { setTimeout as sleep } from 'node:timers/promises'
import picocolors from 'picocolors'
import { clip, pad, widthOf } from './text-width.mjs'

const narrowest = 60
const widest = 120
const slowMs = 1000
/** All pauses of the written conversation together take two seconds. */
const pace = 0.4

/**
 * Where the demo is drawn. Colours mean something: cyan is memory, green new or right, yellow changed, magenta taken
 * back, red refused, dim beside the point. Without a terminal there are no colours, pauses and progress bars.
 */
export function createStage({ stream, environment, fast }) {
  const terminal = stream.isTTY === true
  const forced = (environment.FORCE_COLOR ?? '0') !== '0'
  const color = !environment.NO_COLOR && environment.TERM !== 'dumb' && (terminal || forced)
  const paint = picocolors.createColors(color)
  const columns = stream.columns ?? (Number(environment.COLUMNS) || 80)
  const width = Math.max(narrowest, Math.min(widest, columns)) - 2
  let acts = 0
  const stage = {
    paint,
    width,
    line: (text = '') => stream.write(`${text}\n`),
    text(text, color = (part) => part, indent = 3) {
      for (const part of wrap(text, width - indent)) stage.line(color(' '.repeat(indent) + part))
    },
    pausedMs: 0,
    /** A short pause, so that eyes can follow. */
    async beat(ms) {
      if (!terminal || fast) return
      const start = performance.now()
      await sleep(ms * pace)
      stage.pausedMs += performance.now() - start
    },
    async act(title, subtitle) {
      acts += 1
      if (acts > 1) await stage.beat(180)
      const head = `━━ ${acts} ${title} `
      stage.line()
      stage.line(paint.bold(paint.cyan(`${head}${'━'.repeat(Math.max(0, width - widthOf(head)))}`)))
      if (subtitle) stage.text(subtitle, paint.dim)
      stage.line()
      await stage.beat(80)
    },
    rows: (rows, options) => drawRows(stage, rows, options),
    progress: (label, total) => drawProgress(stream, { label, total, width, terminal, paint }),
  }
  return stage
}

/** Breaks a text at spaces. */
function wrap(text, width) {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}

/**
 * Draws rows of cells in columns as wide as their widest cell. A cell is a text, or { text, paint }; the last column
 * takes the room that is left and is cut to it, or draws itself: { draw(width) }.
 */
async function drawRows({ line, width, beat }, rows, { indent = 3, gap = 2, pause = 12, most = [] } = {}) {
  const table = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)))
  const count = Math.max(0, ...table.map((row) => row.length))
  const widths = Array.from({ length: Math.max(0, count - 1) }, (_, column) =>
    Math.min(most[column] ?? width, Math.max(0, ...table.map((row) => widthOf(row[column]?.text ?? '')))),
  )
  for (const row of table) {
    let text = ' '.repeat(indent)
    for (const [column, cell] of row.entries()) {
      const room = widths[column]
      if (room === undefined || column === row.length - 1) text += drawCell(cell, width - widthOf(text))
      else text += pad(drawCell(cell, room), room) + ' '.repeat(gap)
    }
    line(text.trimEnd())
    await beat(pause)
  }
}

function drawCell(cell, room) {
  if (cell.draw) return cell.draw(room)
  const text = widthOf(cell.text) > room ? clip(cell.text, room) : cell.text
  return cell.paint ? cell.paint(text) : text
}

/** A bar for what takes over a second, on a terminal only; it leaves no trace. */
function drawProgress(stream, { label, total, width, terminal, paint }) {
  const start = performance.now()
  let drawnAt = start
  let drawn = false
  return {
    tick(done) {
      const now = performance.now()
      if (!terminal || now - start < slowMs || now - drawnAt < 60) return
      drawnAt = now
      drawn = true
      const numbers = `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`
      const room = Math.max(10, Math.min(40, width - label.length - numbers.length - 8))
      const full = Math.round((room * done) / total)
      stream.write(`\r   ${label}  ${paint.cyan('━'.repeat(full))}${paint.dim('─'.repeat(room - full))}  ${numbers}`)
    },
    done() {
      if (drawn) stream.write('\r\u001b[2K')
    },
  }
}
