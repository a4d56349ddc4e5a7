import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAsOrdinaryUser } from './support/ordinary-user.ts'

/** What `npm test` runs, in this order; ends with the line `N passed, N failed` and, where there are some, `, N skipped`. */

interface Counts {
  passed: number
  failed: number
  skipped: number
}

const root = join(import.meta.dirname, '..')
const node = join(root, 'build/node')
const total: Counts = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []

function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** A check that passes or fails as a whole. */
async function check(title: string, command: string, args: string[]): Promise<void> {
  console.log(`\n== ${title}`)
  const code = await run(command, args)
  if (code === 0) total.passed++
  else fail(title)
  console.log(`${code === 0 ? 'ok' : `FAILED (${code})`}: ${title}`)
}

function fail(what: string): void {
  total.failed++
  failures.push(what)
}

async function vitest(title: string, project: string): Promise<void> {
  console.log(`\n== ${title}`)
  const folder = await mkdtemp(join(tmpdir(), 'ramet-results-'))
  try {
    const results = join(folder, 'results.json')
    // VMs that an engine leaves behind are reaped here at once, whatever PID 1 is.
    const args = ['-s', '--', node, 'node_modules/vitest/vitest.mjs', 'run', '--project', project]
    const code = await run('tini', [
      ...args,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${results}`,
    ])
    await add(results, code)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The report of Vitest's JSON reporter, as far as it is read here. */
interface Report {
  numPassedTests: number
  numPendingTests: number
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[]
  }[]
}

async function add(results: string, code: number): Promise<void> {
  const text = await readFile(results, 'utf8').catch(() => '')
  if (!text) {
    fail(`${results}: the run ended without a report`)
    return
  }
  const report = JSON.parse(text) as Report
  total.passed += report.numPassedTests
  total.skipped += report.numPendingTests
  const before = failures.length
  for (const file of report.testResults) {
    const tests = file.assertionResults.filter(({ status }) => status === 'failed')
    for (const test of tests) fail(`${file.name} > ${test.fullName}\n${test.failureMessages.join('\n')}`)
    // A file that could not even be loaded fails the run without failing a test.
    if (file.status === 'failed' && tests.length === 0) fail(`${file.name}\n${file.message}`)
  }
  if (code !== 0 && failures.length === before) fail(`the run ended with ${code}, though no test failed`)
}

await check('types', node, ['node_modules/typescript/bin/tsc', '--noEmit'])
await check('types of the window', node, [
  'node_modules/vue-tsc/bin/vue-tsc.js',
  '--noEmit',
  '-p',
  'renderer',
])
await check('lint', node, ['node_modules/eslint/bin/eslint.js', '.'])
await check('format', node, ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'])
await check('guest agent, on the host', 'make', ['-s', '-C', 'native/guest', 'test'])
await check('network switch, on the host', 'make', ['-s', '-C', 'native/switch', 'test'])
await vitest('unit tests', 'unit')
await vitest('integration tests', 'integration')
await vitest('the window, in Chromium', 'e2e')
await vitest('the application in Electron', 'e2e-electron')
if (process.getuid?.() === 0) {
  console.log('\n== integration tests as an ordinary user')
  await runAsOrdinaryUser(root, add)
} else {
  console.log(
    '\n== not root: the integration tests ran as this user; the embedded driver as root went untested',
  )
}

if (failures.length > 0) console.log(`\n== what failed\n\n${failures.join('\n\n')}`)
console.log(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`,
)
process.exit(total.failed === 0 ? 0 : 1)
