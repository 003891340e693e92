import { addHistogram, addValue, emptyHistogram, type Histogram } from './histogram.js'

export interface NamedHistogram extends Histogram {
  name: string
}

/** Keeping the histograms, which must not be what they are full of. */
const housekeeping = new Set(['metrics.addHistograms', 'metrics.prune', 'leases.take'])

/** How long this process's calls of the store took since they were last taken, in memory. */
export class OperationTimes {
  #histograms = new Map<string, Histogram>()

  /** Takes a fifth of a microsecond: it is called for every call of the store. */
  record(name: string, millis: number): void {
    const histogram = this.#histograms.get(name)
    if (histogram !== undefined) addValue(histogram, millis)
    else if (!housekeeping.has(name)) addValue(this.#added(name), millis)
  }

  current(): NamedHistogram[] {
    return [...this.#histograms].map(([name, histogram]) => ({ name, ...histogram }))
  }

  /** What was measured, which is no longer kept here. */
  take(): NamedHistogram[] {
    const taken = this.current()
    this.#histograms = new Map()
    return taken
  }

  /** Takes back what could not be stored. */
  putBack(histograms: NamedHistogram[]): void {
    for (const { name, ...histogram } of histograms) {
      addHistogram(this.#histograms.get(name) ?? this.#added(name), histogram)
    }
  }

  #added(name: string): Histogram {
    const histogram = emptyHistogram()
    this.#histograms.set(name, histogram)
    return histogram
  }
}
