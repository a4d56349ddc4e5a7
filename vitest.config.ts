import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const env = {
  // Where there is no docker command, build/bootstrap.sh puts one there.
  PATH: `${process.env.PATH}:${join(import.meta.dirname, '.toolchain/bin')}`,
  // What tests count is what they start: clones that wait are the matter of a test of their own.
  RAMET_STANDBY: 'off',
}

/**
 * How many files of tests run beside each other. A test of VMs waits most of its time, for a guest, a clock or a client.
 * Each has an engine with a home of its own.
 */
const AT_A_TIME = 2

/** Of those that boot VMs: what loads the machine itself, or compares with a clock what shares of CPU, disk or wire were had. */
const ALONE = ['tests/chaos/storm.test.ts', 'tests/integration/{limits,stats,network-rates}.test.ts']

/** What comes about takes its time on a busy machine, and more where VMs take part in it. */
const POLL = { poll: { timeout: 10_000 } }
const POLL_VMS = { poll: { timeout: 60_000 } }

export default defineConfig({
  test: {
    tags: [
      {
        name: 'ordinary-user',
        description: 'what differs for a user without privileges, of suites that run whole as root alone',
      },
    ],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{build,contract,electron,engine,cli,native,renderer,tests/support}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          expect: POLL,
        },
      },
      {
        test: {
          name: 'e2e',
          env,
          include: ['tests/e2e/**/*.test.ts'],
          expect: POLL_VMS,
          testTimeout: 300_000,
          hookTimeout: 600_000,
          // Chromium, which draws in software, comes on top of the VMs.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'integration',
          env,
          include: ['tests/{integration,chaos}/**/*.test.ts'],
          // What only an ordinary user sees; for root all of it would fail.
          exclude: [...ALONE, ...(process.getuid?.() === 0 ? ['tests/integration/as-user/**'] : [])],
          expect: POLL_VMS,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: AT_A_TIME,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'integration-alone',
          env,
          include: ALONE,
          expect: POLL_VMS,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e-electron',
          env,
          include: ['tests/e2e-electron/**/*.test.ts'],
          expect: POLL_VMS,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
