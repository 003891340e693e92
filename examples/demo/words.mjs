/** Numbers, dates and addresses as people read them. */

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export function amount(value) {
  return number.format(value)
}

export function count(value, noun) {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}${noun.endsWith('ch') ? 'es' : 's'}`
  return `${amount(value)} ${value === 1 ? noun : plural}`
}

export function perSecond({ count: done, ms }) {
  return `${amount((done / ms) * 1000)}/s`
}

export function millis(ms) {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${number.format(ms)} ms`
}

export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}

export function size(bytes) {
  return bytes < 1_000_000 ? `${number.format(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** Days as `3 Mar`, with the year where the conversation sees more than one. Times are UTC, as everywhere in Cairn. */
export function dayFormat(sessions) {
  const years = new Set(sessions.map(({ turns }) => new Date(turns[0].time).getUTCFullYear()))
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
    ...(years.size > 1 && { year: 'numeric' }),
  })
  return (time) => format.format(new Date(time))
}

const dayAndMonth = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' })

export function shortDay(time) {
  return dayAndMonth.format(new Date(time))
}

/** The end of a namespace and the key: the part that tells memories of one demo apart. */
export function shortAddress({ namespace, key }) {
  return `${namespace.split(':').at(-1)}/${key}`
}

/** A value in one line: its text where it has one. */
export function valueText(value) {
  if (typeof value === 'string') return value
  return typeof value?.text === 'string' ? value.text : JSON.stringify(value)
}
