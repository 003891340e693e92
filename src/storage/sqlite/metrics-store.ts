import type { LeaseStore } from '../lease-store.js'
import type { MetricStore } from '../metric-store.js'
import type { Calls } from './calls.js'

export function metricStore({ write, read, readLong }: Calls): MetricStore {
  return {
    record: async (input) => void (await write('metrics.record', input)),
    // With labels it may pass over many before it has enough.
    points: (input) =>
      Object.keys(input.labels).length === 0 ? read('metrics.points', input) : readLong('metrics.points', input),
    buckets: (input) => readLong('metrics.buckets', input),
    names: (input) => read('metrics.names', input),
    addHistograms: async (input) => void (await write('metrics.addHistograms', input)),
    histograms: (input) => readLong('metrics.histograms', input),
    prune: (input) => write('metrics.prune', input),
  }
}

export function leaseStore({ write, read }: Calls): LeaseStore {
  return {
    take: (input) => write('leases.take', input),
    release: async (input) => void (await write('leases.release', input)),
    isHeld: (input) => read('leases.isHeld', input),
  }
}
