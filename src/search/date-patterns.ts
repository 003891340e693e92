/** Ways to write times, in small letters: sources and expressions, whose groups `dates.ts` reads. */

const month = `(?<month>january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)`
const dayOf = String.raw`(?<day>\d{1,2})(?:st|nd|rd|th)?`
const year = String.raw`(?<year>(?:19|20)\d\d|['’]\d\d)`
const wholeYear = String.raw`(?<year>(?:19|20)\d\d)`
const season = '(?<season>spring|summer|autumn|fall|winter)'
const which = '(?<which>last|this|next)'
const numeric = (inner: string): string => String.raw`(?<![\d./-])${inner}(?![./-]?\d)`
const isoDay = String.raw`(?<year>\d{4})-(?<number>\d\d)-(?<day>\d\d)`
const isoMonth = `${wholeYear}-(?<number>0[1-9]|1[012])`
const slashes = String.raw`(?<first>\d{1,2})/(?<second>\d{1,2})/${year}`
const dots = String.raw`(?<day>\d{1,2})\.(?<number>\d{1,2})\.${year}`

/** The first of these has a place, whatever others it has a part of. */
export const absolute = [
  numeric(isoDay),
  numeric(isoMonth),
  numeric(slashes),
  numeric(dots),
  String.raw`\b${dayOf}(?: of)? ${month}\b\.?(?:,? ?${year}\b)?`,
  String.raw`\b${month}\.? ${dayOf}\b(?!:)(?:,? ?${year}\b)?`,
  String.raw`\b${month}[.,]?(?: of)? ${year}\b`,
  String.raw`\b${season},?(?: of)? ${year}\b`,
  String.raw`\b${which} (?:${month}|${season})\b`,
  String.raw`\b(?:in|during|of|since|until|for|by|early|late) ${month}\b`,
  String.raw`\b(?:in|during|of|since|year|until|before|after) ${year}\b`,
].map((pattern) => new RegExp(pattern, 'g'))

export const relative =
  /\b(?:(?<near>today|tonight|yesterday|tomorrow)|(?<which>last|this|next) (?<unit>week|weekend|month|year|sunday|monday|tuesday|wednesday|thursday|friday|saturday|night)|(?<count>\d{1,3}|the|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a few|a couple of) (?<many>day|week|weekend|month|year)s? (?<way>ago|before|earlier|after|later))\b/g

/** What stands alone in a question, and is nobody's name. In a text such a number may be anything. */
export const bare = [
  numeric(wholeYear),
  String.raw`\b(?<month>january|february|july|september|october|november|december)\b`,
].map((pattern) => new RegExp(pattern, 'g'))

/** One end of a stretch, which may leave to the other what they share. */
const ends = [
  ...[isoDay, isoMonth, slashes, dots],
  String.raw`${dayOf}(?: of)? ${month}\b\.?(?:,? ?${year})?`,
  String.raw`${month}\.? ${dayOf}\b(?:,? ?${year})?`,
  String.raw`(?:${month}|${season})\b[.,]?(?: of)?(?: ?${year})?`,
  `${dayOf}(?:,? ${year})?`,
  year,
]
const end = `(?:${ends.join('|').replaceAll(/\?<\w+>/g, '?:')})`
const beside = String.raw`(?<![\w.:/-])`

/** "From 1 May to 20 June", "between May and July 2024", "1-5 May 2023". */
export const stretches = [
  String.raw`${beside}between (?:the )?(?<one>${end}) and (?:the )?(?<two>${end})(?![./:-]?\w)`,
  String.raw`${beside}(?:from (?:the )?)?(?<one>${end})(?:\s?[-–]\s?| (?:to|until|till|through) (?:the )?)(?<two>${end})(?![./:-]?\w)`,
].map((pattern) => new RegExp(pattern, 'g'))

export const endOfStretch = ends.map((pattern) => new RegExp(`^(?:${pattern})$`))
