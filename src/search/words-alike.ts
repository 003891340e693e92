import { stemOf } from './words.js'

/** A word that says what another one says, and what it weighs beside that one. */
export interface AlikeWord {
  text: string
  weight: number
  /** It stands in for a word that nothing holds. */
  isCorrection?: true
  /** It is two words of the question written as one, and stands for both. */
  isJoined?: true
}

/** Another form of the same word, which no stemmer knows. */
const formWeight = 0.8

/** Another word for nearly the same. */
const synonymWeight = 0.4

/** Forms of English verbs and adjectives that no rule leads to: a question asks "did you go", a text says "we went". */
const irregularVerbs = `go goes went gone|buy bought|take took taken|make made|see saw seen|give gave given|get got gotten
  come came|find found|think thought|tell told|say said|know knew known|feel felt|leave left|meet met|run ran
  begin began begun|bring brought|write wrote written|eat ate eaten|drink drank drunk|sing sang sung|swim swam swum
  drive drove driven|ride rode ridden|win won|lose lost|teach taught|catch caught|sell sold|send sent|spend spent
  build built|keep kept|sleep slept|fall fell fallen|fly flew flown|grow grew grown|draw drew drawn|throw threw thrown
  break broke broken|speak spoke spoken|choose chose chosen|wear wore worn|steal stole stolen|hide hid hidden
  forget forgot forgotten|hold held|stand stood|understand understood|hear heard|pay paid|sit sat|lead led|mean meant
  become became|fight fought|seek sought|shoot shot|hang hung|wake woke woken|rise rose risen|freeze froze frozen
  lend lent|shake shook shaken|tear tore torn|bite bit bitten|blow blew blown|deal dealt|dig dug|feed fed|light lit
  ring rang rung|sink sank sunk|spring sprang sprung|stick stuck|strike struck|sweep swept|swing swung|weave wove woven
  good better best|bad worse worst|far further farther`

const irregularNouns = `child children|man men|woman women|person people|foot feet|tooth teeth|mouse mice|goose geese|wife wives|life lives
  knife knives|leaf leaves|shelf shelves|wolf wolves|half halves|index indices|matrix matrices|vertex vertices
  criterion criteria|phenomenon phenomena|hypothesis hypotheses|analysis analyses|diagnosis diagnoses`

/** Two words for the same thing, in everyday English and in what people write who make software. */
const sameThings = `child kid|mother mom mum|father dad|grandmother grandma|grandfather grandpa|photo picture pic photograph image
  movie film|television tv|car automobile|bicycle bike|apartment flat|doctor physician|ill sick|buy purchase|begin start
  big large|happy glad|afraid scared|favorite favourite|color colour|colleague coworker|nation country
  config configuration|db database|repo repository|docs documentation|auth authentication|app application|env environment
  info information|param parameter|func function|msg message|dir directory folder|admin administrator|prod production
  perf performance|deps dependency|args argument|attr attribute|use utilize|fix repair|remove delete|show display`

/** Alike as well, and no more than that. A cat is a pet and no dog: what is after a colon is alike to what is before it alone. */
const synonyms = `sibling: brother sister|parent: mother father mom dad|spouse: husband wife|dog puppy pup|cat kitten|pet: dog cat
  car vehicle|automobile vehicle|job work career occupation|firm company business employer|shop store|home house|city town
  trip travel journey vacation holiday|hurt injure injury|illness disease|end finish|help assist support|talk chat speak
  answer reply response|big huge|large huge|small little tiny|sad unhappy|angry mad|tired exhausted
  beautiful gorgeous|tasty delicious|enjoy like love|friend buddy pal|boss manager|contest competition tournament
  prize award trophy|exercise workout|hike trek|book novel|song music|concert gig|meal dinner lunch|sea ocean|forest wood
  money cash|cheap inexpensive|wedding marriage|school university college|pupil student|class course lesson|learn study
  exam test|plan intend|dream goal|error mistake bug fault|change modify|create make build|allow permit|stop quit|try attempt
  new recent|fast quick|difficult hard tough|easy simple|strange odd weird|important significant|hobby activity
  cook cooking recipe|config setting|configuration setting|dev developer development|ui interface`

type Table = Map<string, AlikeWord[]>
let table: Table | undefined

/** Words that say the same as a word, or nearly, by their stems; mostly none. */
export function wordsAlike(word: string): AlikeWord[] {
  table ??= makeTable()
  return table.get(stemOf(word)) ?? []
}

/** Whether two words, as dictionaries have them, are two for the same thing. */
export function areSynonyms(word: string, other: string): boolean {
  things ??= new Map(groupsIn(sameThings).flatMap((group, thing) => wordsIn(group).map((each) => [each, thing])))
  const thing = things.get(word)
  return thing !== undefined && things.get(other) === thing
}

let things: Map<string, number> | undefined

const groupsIn = (groups: string): string[] => groups.split(/\||\n/)
const wordsIn = (group: string): string[] => group.trim().split(/\s+/)

function makeTable(): Table {
  const made: Table = new Map()
  addGroups(made, irregularNouns, formWeight)
  const plurals = new Map([...made].map(([stem, alike]) => [stem, alike.map(({ text }) => text)]))
  addGroups(made, irregularVerbs, formWeight)
  for (const groups of [sameThings, synonyms])
    addGroups(made, groups, synonymWeight, (word) => [word, ...(plurals.get(stemOf(word)) ?? [])])
  return made
}

/**
 * What is alike to a noun is so to its plural: a kid to children. With the forms of verbs as well, nDCG@10 falls by .0005 over
 * conversations and .0007 over pages: what was bought is seldom what is purchased.
 */
function addGroups(made: Table, groups: string, weight: number, formsOf = (word: string) => [word]): void {
  for (const group of groupsIn(groups)) {
    const [wide = [], narrow = []] = group.split(':').map((words) => wordsIn(words).flatMap(formsOf))
    for (const word of wide) addAlike(made, word, [...wide, ...narrow], weight)
    for (const word of narrow) addAlike(made, word, wide, weight)
  }
}

function addAlike(made: Table, word: string, words: string[], weight: number): void {
  const stem = stemOf(word)
  const alike = made.get(stem) ?? []
  made.set(stem, alike)
  for (const text of words) {
    const isKnown = stemOf(text) === stem || alike.some((other) => stemOf(other.text) === stemOf(text))
    if (!isKnown) alike.push({ text, weight })
  }
}
