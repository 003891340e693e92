import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/setup.ts',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The entry files of worker threads run where the coverage of this process does not reach.
      exclude: ['src/**/*-thread.ts', 'src/index.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: {
        lines: 90,
        statements: 90,
        functions: 90,
        branches: 85,
        'src/!(storage)/**': { lines: 90, statements: 90, functions: 90, branches: 85 },
        'src/storage/**': { lines: 95, statements: 95, functions: 95, branches: 88 },
      },
    },
  },
})
