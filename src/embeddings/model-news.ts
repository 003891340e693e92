/** What becomes of the model while a process embeds in the background. `space` names the one that it is about. */
export type ModelNews =
  /** A store without vectors is opened, and `auto` finds no model: search goes by words. */
  | { what: 'none'; reason: string; hint: string }
  /** It does not answer, for the first time since it did. What waits stays so. */
  | { what: 'away'; space: string; reason: string; hint?: string }
  /** It answers again. */
  | { what: 'back'; space: string }
  /** The store has changed over to another model, which this process has taken up. */
  | { what: 'changed'; space: string }
  /** The store has vectors of a model that this process does not have, which embeds nothing for them. */
  | { what: 'other'; space: string; reason: string; hint: string }

export type TellOfModel = (news: ModelNews) => void
