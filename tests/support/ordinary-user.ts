import { execFile, spawn } from 'node:child_process'
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { REPORTERS } from './count-reporter.ts'

const USER = 'ramet-test'
/** Run whole: on the session daemon instead of the embedded driver, files that nobody can give away, ports of a user. */
const SUITES = ['containers', 'as-user/database-binds', 'libvirt-qemu', 'mounts']
/** Of these only what has the tag: what the session daemon plugs, and what is read of other processes. */
const TAGGED_SUITES = ['networks', 'network-ports', 'live-fork', 'standby']
const TAG = 'ordinary-user'
const RUNS = [
  { suites: SUITES, flags: [], env: [] },
  { suites: TAGGED_SUITES, flags: [`--tags-filter=${TAG}`], env: [`RAMET_COUNT_TAG=${TAG}`] },
]
const exec = promisify(execFile)

/** What of a checkout its programs need; copied, because root's folders are closed to others. */
const NEEDED = ['.toolchain', 'node_modules', 'build', 'cli', 'contract', 'engine', 'native', 'tests']
const NEEDED_FILES = ['package.json', 'vitest.config.ts']

/**
 * Runs the tests that start VMs as a user without privileges, on `qemu:///session`, in a copy of the checkout. `add` is told
 * of the file with its counts before it is removed. Ends the user's libvirt daemon afterwards.
 */
export async function runAsOrdinaryUser(
  root: string,
  add: (counts: string, code: number) => Promise<void>,
): Promise<void> {
  await exec('id', [USER]).catch(() => exec('useradd', ['--create-home', USER]))
  const folder = await mkdtemp(join(tmpdir(), 'ramet-user-'))
  try {
    await chmod(folder, 0o755)
    const checkout = join(folder, 'ramet')
    for (const name of [...NEEDED, ...NEEDED_FILES]) {
      await cp(join(root, name), join(checkout, name), {
        recursive: true,
        // The kit is a link into root's cache.
        dereference: name === 'native',
        verbatimSymlinks: name !== 'native',
      }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    }
    const runtime = join(folder, 'run')
    await exec('install', ['-d', '-m', '0700', '-o', USER, runtime])
    await exec('chown', ['-R', `${USER}:`, checkout])
    for (const each of RUNS) {
      const counts = join(runtime, 'counts.json')
      const code = await runAs(checkout, runtime, counts, each)
      await add(counts, code)
      await rm(counts, { force: true })
    }
    await endDaemon(runtime)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function runAs(
  checkout: string,
  runtime: string,
  counts: string,
  { suites, flags, env }: (typeof RUNS)[number],
): Promise<number> {
  const vitest = ['build/node', 'node_modules/vitest/vitest.mjs', 'run', '--project', 'integration']
  const args = [
    ...['-u', USER, '--', 'env', '-i', `HOME=/home/${USER}`, `USER=${USER}`, `XDG_RUNTIME_DIR=${runtime}`],
    ...['PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', `TMPDIR=${runtime}`, `RAMET_COUNTS=${counts}`],
    ...[
      ...env,
      'tini',
      '-s',
      '--',
      ...vitest,
      ...suites.map((name) => `tests/integration/${name}.test`),
      ...flags,
    ],
    ...REPORTERS,
  ]
  return new Promise((resolve, reject) => {
    const child = spawn('runuser', args, { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** The session daemon stays for a while after its last client; its folder is about to go. */
async function endDaemon(runtime: string): Promise<void> {
  const pid = Number(await readFile(join(runtime, 'libvirt', 'libvirtd.pid'), 'utf8').catch(() => ''))
  if (pid === 0) return
  process.kill(pid, 'SIGTERM')
  for (const deadline = Date.now() + 60_000; await runs(pid); await delay(50)) {
    if (Date.now() > deadline) throw new Error(`the libvirt daemon (pid ${pid}) does not end`)
  }
}

/** Not where it has ended and nobody reaps it. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && stat[stat.lastIndexOf(')') + 2] !== 'Z'
}
