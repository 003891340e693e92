/** A row with its target in words, and whether it was met. */
export function judge(row) {
  const { atLeast, atMost, value } = row
  const target = atLeast === undefined ? (atMost === undefined ? '' : `≤ ${atMost}`) : `≥ ${atLeast}`
  const met = target === '' ? undefined : atLeast === undefined ? value <= atMost : value >= atLeast
  return { ...row, target: row.ratio ? `${target} × raw` : target, met }
}

export function table({ rows, machine, node }) {
  const lines = rows.map(({ operation, measured, yardstick = '', value, target, met }) => {
    const verdict = met === undefined ? '' : met ? 'met' : 'MISSED'
    return `| ${operation} | ${measured} | ${yardstick} | ${value} | ${target} | ${verdict} |`
  })
  return [
    `${machine}, Node ${node}`,
    '',
    '| operation | measured | raw | figure | target | |',
    '|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}
