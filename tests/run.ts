import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REPORTERS, type Counts } from './support/count-reporter.ts'
import { runAsOrdinaryUser } from './support/ordinary-user.ts'

/** What `npm test` runs, in this order; ends with the line `N passed, N failed` and, where there are some, `, N skipped`. */

const root = join(import.meta.dirname, '..')
const node = join(root, 'build/node')
const total = { passed: 0, skipped: 0, failures: [] as string[] }

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
  else total.failures.push(title)
  console.log(`${code === 0 ? 'ok' : `FAILED (${code})`}: ${title}`)
}

async function vitest(title: string, project: string): Promise<void> {
  console.log(`\n== ${title}`)
  const folder = await mkdtemp(join(tmpdir(), 'ramet-results-'))
  try {
    const counts = join(folder, 'counts.json')
    // VMs that an engine leaves behind are reaped here at once, whatever PID 1 is.
    const args = ['-s', '--', node, 'node_modules/vitest/vitest.mjs', 'run', '--project', project]
    const code = await run('tini', [...args, ...REPORTERS], { ...process.env, RAMET_COUNTS: counts })
    await add(counts, code)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function add(file: string, code: number): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const counts = text ? (JSON.parse(text) as Counts) : { passed: 0, skipped: 0, failures: [] }
  total.passed += counts.passed
  total.skipped += counts.skipped
  total.failures.push(...counts.failures)
  if (code !== 0 && counts.failures.length === 0)
    total.failures.push(`a run of tests ended with ${code} and named no failure`)
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
await check('guard of the loopback, on the host', 'make', ['-s', '-C', 'native/guard', 'test'])
await check('network switch, on the host', 'make', ['-s', '-C', 'native/switch', 'test'])
await vitest('unit tests', 'unit')
await vitest('integration tests', 'integration*')
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

const failed = total.failures.length
if (failed > 0) console.log(`\n== what failed\n\n${total.failures.join('\n\n')}`)
console.log(`\n${total.passed} passed, ${failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`)
process.exit(failed === 0 ? 0 : 1)
