/** Background work is done by one process at a time: the one that has the lease of that work. */
export interface LeaseStore {
  /** Whether `holder` has the lease until `until`: nobody else has it now. Taking it again prolongs it. */
  take(input: { name: string; holder: string; now: number; until: number }): Promise<boolean>
  /** Gives it back, if it is still the holder's. */
  release(input: { name: string; holder: string }): Promise<void>
  /** Whether anybody has it now. */
  isHeld(input: { name: string; now: number }): Promise<boolean>
}
