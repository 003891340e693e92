/**
 * What each piece of evidence weighs in the order of hits. One set of weights for everything that is searched: all are
 * round, and docs/search.md says what each is for and docs/benchmarks.md what it is worth.
 */
export const weights = {
  /** Okapi BM25 (Robertson & Zaragoza 2009): how soon repeating a word stops counting, and how much length matters. */
  saturation: 1.2,
  length: 0.5,

  /**
   * What a text is about it says again, while words in passing are said once (Church & Gale 1995): the power of how often the
   * texts with a word say it. So many times of each text count, lest one text that says nothing else decide.
   */
  repeats: 0.5,
  repeatsCounted: 10,

  /** A word in a title, key, heading or speaker's name, beside one in passing. */
  title: 2,

  /** How much of the question the item holds, rare words counting more; squared, so that half is a quarter. */
  coverage: 0.3,

  /** The same for the best stretch of so many words: words that stand together are about one thing. */
  passage: 0.5,
  passageLength: 20,

  /** A word that stands for one that nothing holds, since that one is probably misspelt. */
  misspelt: 0.7,

  /** A title that says what the question says, and little beside. */
  titleFit: 0.5,

  /** A word that an item lacks and one beside it in the session has, by distance, less half of what the item has itself. */
  neighbours: [0.6, 0.5, 0.4, 0.3, 0.2],
  ownOfNeighbours: 0.5,

  /** The turn after a question inherits what speaks for the question. */
  answer: 0.5,

  /** Somebody named in the question said it, or somebody else did while the question names one; the name itself then tells less. */
  speaker: 1.6,
  otherSpeaker: 0.8,
  nameOfSpeaker: 0.3,

  /** A turn that only asks knows less than one that tells. */
  asking: 0.8,

  /** What a question with "when", "how many" or "where" and "who" wants is there: a time, a number, a name. */
  tellsTime: 1.5,
  tellsNumber: 1.3,
  tellsName: 1.3,

  /** It is of the day, month or year that the question names, or speaks of it. */
  date: 2,

  /**
   * A turn says what so many of the best turns have in common, in words other than the question's: beside the best score, if
   * it said all of it. At most so many words, and only those whose likelihood ratio is so high, which chance reaches for one
   * word in seventy.
   */
  related: 0.2,
  relatedTo: 40,
  relatedWords: 10,
  relatedSureness: 6,

  /** A candidate that was written so near to a turn among the best ones, for being looked at: as much of what that turn has. */
  beside: 0.5,
  besideDistance: 2,

  /** The next best sections of a document, for its best one. */
  sections: 0.3,
  sectionsCounted: 3,
} as const
