import { count, shortAddress } from '../words.mjs'

const last = 8

/** The end of the audit trail. */
export async function actTrail({ cairn, stage, dayOf }) {
  const { paint } = stage
  const { rows } = await cairn.info()
  await stage.act(
    'The audit trail',
    `Every write leaves a line in its own transaction, and every refusal leaves one: ${count(rows.audit, 'line')}. The last ${last}:`,
  )
  const { items } = await cairn.audit.list({ limit: last })
  const table = items.toReversed().map((entry) => {
    const { actor, operation, outcome, subject, namespace, key, version, session, principal } = entry
    const where = namespace === null ? session : key === null ? namespace : shortAddress({ namespace, key })
    const on = principal.user && actor !== `user:${principal.user}` ? ` for ${principal.user}` : ''
    return [
      { text: `${dayOf(entry.timestamp)} ${entry.timestamp.slice(11, 19)}`, paint: paint.dim },
      `${actor}${on}`,
      {
        text: `${operation} ${subject}${outcome === 'ok' ? '' : ', refused'}`,
        paint: outcome === 'ok' ? undefined : paint.red,
      },
      { text: `${where ?? ''}${version === null ? '' : ` v${version}`}`, paint: paint.cyan },
    ]
  })
  await stage.rows(table, { pause: 60 })
}
