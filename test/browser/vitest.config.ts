import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/browser/**/*.browser.ts'],
    reporters: [['default', { summary: false }]],
    slowTestThreshold: 60_000,
    // Servers and browsers take their time on a busy machine; every wait inside has its own bound.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // A browser and a server each: one after the other.
    maxWorkers: 1,
    fileParallelism: false,
  },
})

export default config
