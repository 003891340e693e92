import { Option } from 'commander'
import type { AuditEntry } from '../../audit/audit.js'
import type { AuditListQuery } from '../../audit/audit-service.js'
import { auditOperations, auditOutcomes, auditSubjects } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { formatObject, formatTime } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import type { Column } from '../table.js'
import { oneLine } from '../text.js'

export function addAudit(program: CairnCommand, io: Io): void {
  const audit = program
    .command('audit')
    .description('Show who did what and who was refused, newest first.')
    .option('--namespace <namespace>', 'lines of a namespace and below')
    .option('--key <key>', 'lines of one memory; needs --namespace')
    .addOption(new Option('--subject <subject>', 'lines about one kind of thing').choices(auditSubjects))
    .addOption(new Option('--operation <operation>', 'lines of one operation').choices(auditOperations))
    .addOption(new Option('--outcome <outcome>', 'what was done, or what was refused').choices(auditOutcomes))
    .option('--session <id>', 'lines of one session')
    .option('--task <id>', 'lines of one task')
    .option('--agent <id>', 'lines of one agent')
    .option('--since <time>', 'lines from this time on (ISO 8601)')
  addPaging(audit)
    .addHelpText(
      'after',
      examples('cairn audit --outcome forbidden', 'cairn audit --namespace user:alice --since 2026-03-01'),
    )
    .action((flags: AuditListQuery, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const page = await cairn.audit.list(flags)
        output.show(page, ({ items }) => (items.length === 0 ? '' : formatEntries(items, output)))
        noteMore(page, output, 'nothing in the trail')
      }),
    )
}

function formatEntries(entries: AuditEntry[], output: Output): string {
  const detail = (entry: AuditEntry): string => formatObject(entry.detail)
  const columns: Column<AuditEntry>[] = [
    { title: 'time', cell: ({ timestamp }) => formatTime(timestamp) },
    { title: 'actor', cell: ({ actor }) => actor, shrinkTo: 12 },
    { title: 'operation', cell: operation },
    { title: 'of', cell: place },
    { title: 'outcome', cell: outcome },
    { title: 'detail', cell: detail, shrinkTo: 16, dropAt: 1 },
  ]
  return output.table(entries, columns, (entry) => {
    const remark = `by ${entry.actor} ${formatTime(entry.timestamp)}`
    const heading = output.heading(`${operation(entry)} ${outcome(entry)}`, remark)
    return output.block(heading, oneLine(`${place(entry)} ${detail(entry)}`))
  })
}

function operation(entry: AuditEntry): string {
  return `${entry.operation} ${entry.subject}`
}

function outcome(entry: AuditEntry): string {
  return entry.occurrences > 1 ? `${entry.outcome} ×${entry.occurrences}` : entry.outcome
}

function place({ subject, namespace, key, version, session, task, agent }: AuditEntry): string {
  if (subject === 'task') return task ?? ''
  if (subject === 'agent') return agent ?? ''
  const parts = [
    namespace ?? (session === null ? '' : `session:${session}`),
    key,
    version === null ? null : `v${version}`,
  ]
  return parts.filter((part) => part !== null && part !== '').join(' ')
}
