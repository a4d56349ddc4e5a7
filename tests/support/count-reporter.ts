import { writeFile } from 'node:fs/promises'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** What a run of Vitest came to. `failures`: what failed, each with its place and its errors. */
export interface Counts {
  passed: number
  skipped: number
  failures: string[]
}

/** Set to a tag that a run was told to keep to: what lacks it was left out on purpose, and is not counted. */
const ONLY_TAG = 'RAMET_COUNT_TAG'

/** For Vitest's command line. */
export const REPORTERS = ['--reporter=default', '--reporter=tests/support/count-reporter.ts']

/** Writes the `Counts` of a run, hooks, files and stray rejections among them, to the file that `RAMET_COUNTS` names. */
export default class CountReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Promise<void> {
    const counts: Counts = { passed: 0, skipped: 0, failures: unhandled.map((each) => told('stray', [each])) }
    for (const module of modules) {
      const { moduleId: file } = module
      if (module.errors().length > 0) counts.failures.push(told(file, module.errors()))
      for (const suite of module.children.allSuites())
        if (suite.errors().length > 0)
          counts.failures.push(told(`${file} > ${suite.fullName}`, suite.errors()))
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result()
        if (state === 'passed') counts.passed++
        else if (state === 'failed') counts.failures.push(told(`${file} > ${test.fullName}`, errors))
        else if (isMeant(test.tags)) counts.skipped++
      }
    }
    await writeFile(process.env.RAMET_COUNTS!, JSON.stringify(counts))
  }
}

const isMeant = (tags: readonly string[]): boolean =>
  process.env[ONLY_TAG] === undefined || tags.includes(process.env[ONLY_TAG])

function told(place: string, errors: readonly { message: string; stack?: string }[]): string {
  const ours = (stack: string): string => stack.replaceAll(/\n.*node_modules.*/g, '')
  return [place, ...errors.map(({ message, stack }) => (stack ? ours(stack) : message))].join('\n')
}
