// @ts-check
// Everything that must hold: install, build, lint, arrows, types, tests with coverage. Arguments go to vitest.
// The last line is `N passed, N failed`; a step other than the tests counts as one failure when it fails.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const floor = { lines: 90, statements: 90, functions: 90, branches: 85 }

/**
 * Runs one Node program under a heading; returns whether it succeeded.
 * @param {string} heading
 * @param {string[]} args
 */
function step(heading, args) {
  console.log(`\n== ${heading}`)
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) console.log(`-- ${heading} failed`)
  return status === 0
}

/**
 * Reads vitest's report. A file that could not be loaded has failed without a failed test in it, and counts as one.
 * @param {string} path
 * @returns {{ passed: number, failed: number }}
 */
function readReport(path) {
  if (!existsSync(path)) return { passed: 0, failed: 0 }
  const report = JSON.parse(readFileSync(path, 'utf8'))
  const broken = report.testResults.filter(
    (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length }
}

/**
 * Names the files whose coverage is below the floor of the whole.
 * @param {string} path
 */
function printThinlyCovered(path) {
  if (!existsSync(path)) return
  for (const [file, summary] of Object.entries(JSON.parse(readFileSync(path, 'utf8')))) {
    if (file === 'total') continue
    const thin = Object.entries(floor).filter(([kind, least]) => summary[kind].pct < least)
    const shares = thin.map(([kind]) => `${kind} ${summary[kind].pct} %`).join(', ')
    if (thin.length > 0) console.log(`${relative(root, file)}: ${shares}`)
  }
}

/**
 * Runs vitest; returns its counts. A failure without a failed test, such as too little coverage, counts as one.
 * @param {string[]} args
 */
function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-report-'))
  const report = join(folder, 'report.json')
  // Part of the tests covers part of the code: the floors make sense for a whole run only.
  const coverage = args.length === 0 ? ['--coverage', `--coverage.reportsDirectory=${join(folder, 'coverage')}`] : []
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  try {
    const succeeded = step('tests', [join(modules, 'vitest', 'vitest.mjs'), 'run', ...coverage, ...reporters, ...args])
    printThinlyCovered(join(folder, 'coverage', 'coverage-summary.json'))
    const counts = readReport(report)
    return succeeded || counts.failed > 0 ? counts : { ...counts, failed: 1 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string[]} args */
function runAll(args) {
  const ready = join(root, 'scripts', 'ready.mjs')
  if (!step('dependencies', [ready])) return { passed: 0, failed: 1 }
  const steps = [
    step('build', [ready, '--build']),
    step('lint', [join(modules, '@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']),
    step('arrows', [join(root, 'scripts', 'check-arrows.mjs')]),
    step('types', [join(modules, 'typescript', 'bin', 'tsc'), '--noEmit']),
  ]
  const { passed, failed } = runTests(args)
  return { passed, failed: failed + steps.filter((succeeded) => !succeeded).length }
}

const { passed, failed } = runAll(process.argv.slice(2))
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
