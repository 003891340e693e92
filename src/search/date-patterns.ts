/** Ways to write times, in small letters: sources and expressions, whose groups `dates.ts` reads. */

const months =
  'january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec'
const month = `(?<month>${months})`
const dayOf = String.raw`(?<day>\d{1,2})(?:st|nd|rd|th)?`
const year = String.raw`(?<year>(?:19|20)\d\d|['’]\d\d)`
const wholeYear = String.raw`(?<year>(?:19|20)\d\d)`
const season = '(?<season>spring|summer|autumn|fall|winter|q[1-4]|(?:first|second|third|fourth) quarter)'
const which = '(?<which>last|this|next)'
const numeric = (inner: string): string => String.raw`(?<![\d./-])${inner}(?![./-]?\d)`
const isoDay = String.raw`(?<year>\d{4})-(?<number>\d\d)-(?<day>\d\d)`
const isoMonth = `${wholeYear}-(?<number>0[1-9]|1[012])`
const monthFirst = `(?<number>0?[1-9]|1[012])/${wholeYear}`
const yearsQuarter = `${wholeYear}[ /-]?(?<season>q[1-4])`
const yearFirst = String.raw`${wholeYear}/(?<number>\d{1,2})/(?<day>\d{1,2})`
const slashes = String.raw`(?<first>\d{1,2})/(?<second>\d{1,2})/(?<year>(?:19|20)\d\d|['’]?\d\d)`
const dots = String.raw`(?<day>\d{1,2})\.(?<number>\d{1,2})\.${year}`

/** Between times that share a month or a year: "March and April 2024", "5, 7 and 9 May". */
const and = '(?:, and |, or |, | and | or )'

/** The first of these has a place, whatever others it has a part of. */
export const absolute = [
  numeric(isoDay),
  numeric(isoMonth),
  numeric(monthFirst),
  numeric(yearsQuarter),
  numeric(yearFirst),
  numeric(slashes),
  numeric(dots),
  String.raw`(?<![\w.:/-])${dayOf}(?=(?:${and}\d{1,2}(?:st|nd|rd|th)?)+(?: of)? ${month}\b(?:,? ${year}\b)?)`,
  String.raw`\b${month}(?=(?:${and}(?:${months})\b)+[.,]?(?: of)? ${year}\b)`,
  String.raw`\b${dayOf}(?: of)? ${month}\b\.?(?:,? ?${year}\b)?`,
  String.raw`\b${month}\.? ${dayOf}\b(?!:)(?:,? ?${year}\b)?`,
  String.raw`\b${month} the (?<day>\d{1,2})(?:st|nd|rd|th)\b(?:,? ?${year}\b)?`,
  String.raw`\b${month}[.,]?(?: of)? ${year}\b`,
  String.raw`\b${season},?(?: of)? ${year}\b`,
  String.raw`\b${which} (?:${month}|${season})\b`,
  String.raw`\b(?:in|during|of|since|until|for|by|early|late) ${month}\b`,
  String.raw`(?<=\b(?:in|during) (?:${months})${and}(?:(?:${months})${and})?)${month}\b`,
  String.raw`\b(?:in|during|of|since|year|until|before|after) ${year}\b`,
].map((pattern) => new RegExp(pattern, 'g'))

/** Numbers in words: from one on, from ten on, and from twenty on in steps of ten. */
export const units = 'one|two|three|four|five|six|seven|eight|nine'
export const teens = 'ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen'
export const tens = 'twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety'
const belowHundred = `(?:${tens})[ -](?:${units})|${tens}|${teens}|${units}`
const numbers = String.raw`(?:(?:a|${units}|${teens}|\d{1,2}) )?hundred(?: and (?:${belowHundred}))?|${belowHundred}|\d{1,3}(?:,\d{3}|\.\d+)?|(?!19|20)\d{4,5}`
const weekday = 'monday|tuesday|wednesday|thursday|friday|saturday|sunday'
const seenFromNow = [
  '(?<near>today|tonight|this (?:morning|afternoon|evening)|yesterday|tomorrow)',
  String.raw`(?<date>\d{1,2})(?:st|nd|rd|th) of (?<whichMonth>last|this|next) month`,
  `(?<dayOfWeek>${weekday})(?: of)? (?<whichWeek>last|this|next) week`,
  `(?<which>last|this|next) (?<unit>week|weekend|month|quarter|year|${weekday}|night)`,
  // "Days before 3 July" of "a thousand days before 3 July" is no time.
  String.raw`(?:(?<count>${numbers}|the|half an?|an?|a few|a couple of) |(?<!(?:(?<!\b(?:19|20)\d)\d|\b(?:${units}|${teens}|${tens}|hundred|thousand|million))[ -]))(?<many>hour|day|week|weekend|fortnight|month|year)s? (?<way>ago|before|earlier|after|later)`,
  `(?<side>last|past|previous|next|coming) (?<number>${numbers}|half|few|couple of) (?<units>hour|day|week|month|quarter|year)s?`,
  '(?:past|(?:in|over|within|during|for) the last) (?<period>hour|week|fortnight|month|quarter|year)',
]

export const relative = new RegExp(String.raw`\b(?:${seenFromNow.join('|')})\b`, 'g')

/** In a question "on Monday" is over; in a text it may be to come. */
export const relativeAsked = new RegExp(
  String.raw`\b(?:${[...seenFromNow, `on (?<weekday>${weekday})`].join('|')})\b`,
  'g',
)

/** What stands alone in a question, and is nobody's name. In a text such a number may be anything. */
export const bare = [
  numeric(wholeYear),
  String.raw`\b(?:before|after) ${month}\b`,
  String.raw`\b(?<month>january|february|july|september|october|november|december)\b`,
].map((pattern) => new RegExp(pattern, 'g'))

/** One end of a stretch, which may leave to the other what they share. */
const ends = [
  ...[isoDay, isoMonth, yearFirst, slashes, dots],
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
