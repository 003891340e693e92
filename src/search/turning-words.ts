// Small English words by which a text says something else, whatever a model makes of them.

const words = `
  i me my mine you your yours he him his she her hers we us our ours they them their theirs
  no none nobody nothing nowhere neither all every everybody everything everyone any some both half most more less least few fewer
  one two three four five six seven eight nine ten eleven twelve twenty thirty fifty hundred thousand million once twice double
  first second third last next previous only except instead
  on off up down out before after until since over under above below against without
  monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october
  november december today tonight tomorrow yesterday morning afternoon evening night
  was were had did will would can could may might must should used always often sometimes rarely
  left right north south east west love hate true false yes`

const turning = new Set(words.trim().split(/\s+/))

/** Words that say the opposite with a "not" in them, with and without their apostrophe. */
const negated =
  /^(?:ain|aren|can|couldn|didn|doesn|don|hadn|hasn|haven|isn|mightn|mustn|needn|shan|shouldn|wasn|weren|won|wouldn)['’]?t$/
const negations = new Set('no not nor never none nobody nothing nowhere neither without cannot hardly'.split(' '))

/** Whether two texts, by their words, have the same of these, and both or neither a "not". */
export function turnAlike(one: ReadonlySet<string>, two: ReadonlySet<string>): boolean {
  const isOnlyIn = (mine: ReadonlySet<string>, others: ReadonlySet<string>): boolean =>
    [...mine].some((word) => turning.has(word) && !others.has(word))
  return isNegated(one) === isNegated(two) && !isOnlyIn(one, two) && !isOnlyIn(two, one)
}

function isNegated(words: ReadonlySet<string>): boolean {
  return [...words].some((word) => negations.has(word) || negated.test(word))
}
