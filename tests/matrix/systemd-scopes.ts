import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { HostShares } from '../../engine/hypervisor/host-share.ts'
import { SystemdScopes } from '../../engine/hypervisor/systemd-scope.ts'

/** Runs in a VM whose first process is systemd (systemd.sh), as root and as an ordinary user: scopes, on the real bus. */
const isRoot = process.getuid!() === 0
const systemctl = isRoot ? ['systemctl'] : ['systemctl', '--user']
const shares = new HostShares()
const started: ChildProcess[] = []

after(() => started.forEach((each) => each.kill('SIGKILL')))

/** A process that takes a CPU whole, if it may. */
function busy(): number {
  const child = spawn('sh', ['-c', 'while :; do :; done'])
  started.push(child)
  return child.pid!
}

async function end(pid: number): Promise<void> {
  const child = started.find((each) => each.pid === pid)!
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

const groupOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().slice('0::'.length)

const setting = (pid: number, name: string): string =>
  readFileSync(`/sys/fs/cgroup${groupOf(pid)}/${name}`, 'utf8').trim()

/** Seconds of CPU time so far; the kernel counts them in hundredths. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** What each takes of a CPU, all at the same time; less than it may where the machine under the VM is busy. */
async function taken(...pids: number[]): Promise<number[]> {
  const before = pids.map(cpuSeconds)
  const start = process.hrtime.bigint()
  await delay(5000)
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  return pids.map((pid, at) => (cpuSeconds(pid) - before[at]!) / seconds)
}

const between = (value: number, low: number, high: number): void =>
  assert.ok(value >= low && value <= high, `${value} is not between ${low} and ${high}`)

async function unitIsGone(unit: string): Promise<void> {
  const [program = '', ...args] = systemctl
  for (let wait = 0; wait < 100; wait++) {
    const { stdout } = await promisify(execFile)(program, [...args, 'show', '-P', 'LoadState', unit])
    if (stdout.trim() === 'not-found') return
    await delay(100)
  }
  assert.fail(`${unit} is still there`)
}

test('the manager answers, and may share CPUs out', async () => {
  const where = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager']
  const bus = isRoot ? '--system' : '--user'
  // For its words where it does not.
  await promisify(execFile)('busctl', [bus, 'get-property', ...where, 'ControlGroup'])
  const controllers = await new SystemdScopes().controllers()
  assert.ok(controllers.has('cpu'), [...controllers].join())
  assert.equal(controllers.has('io'), isRoot)
})

test('a process is held to its share of a CPU, and to another while it runs; the scope goes with it', async () => {
  const pid = busy()
  await shares.apply(pid, 'ramet-one', { cpus: 0.25, cpuWeight: 50, ioWeight: 300 })
  assert.match(
    groupOf(pid),
    isRoot ? /^\/system\.slice\/.*ramet-one\.scope$/ : /^\/user\.slice\/.*ramet-one\.scope$/,
  )
  assert.equal(setting(pid, 'cpu.max'), '25000 100000')
  assert.equal(setting(pid, 'cpu.weight'), '50')
  const [quarter] = await taken(pid)
  between(quarter!, 0.1, 0.28)

  await shares.apply(pid, 'ramet-one', { cpus: 0.6, cpuWeight: 200 })
  assert.equal(setting(pid, 'cpu.max'), '60000 100000')
  assert.equal(setting(pid, 'cpu.weight'), '200')
  const [more] = await taken(pid)
  between(more!, 0.35, 0.65)

  const folder = `/sys/fs/cgroup${groupOf(pid)}`
  await end(pid)
  await unitIsGone('ramet-one.scope')
  assert.equal(existsSync(folder), false)
})

test('weights share one CPU out where two want it', async () => {
  const [light, heavy] = [busy(), busy()]
  await shares.apply(light, 'ramet-light', { cpuset: '0', cpuWeight: 50 })
  await shares.apply(heavy, 'ramet-heavy', { cpuset: '0', cpuWeight: 400 })
  const [little, much] = await taken(light, heavy)
  between(much! / little!, 5, 11)
  await end(light)
  await end(heavy)
})

test('the weight of I/O is set, or it is said that it cannot be', async () => {
  const pid = busy()
  const share = { ioWeight: 300 }
  await shares.apply(pid, 'ramet-io', share)
  const words = await shares.lacking(share)
  if (isRoot) {
    assert.deepEqual(words, [])
    assert.equal(setting(pid, 'io.weight'), 'default 300')
  } else {
    // Debian's user managers are given CPU, memory and processes, not I/O.
    assert.equal(existsSync(`/sys/fs/cgroup${groupOf(pid)}/io.weight`), false)
    assert.match(words.join(), /BlkioWeight has no effect/)
  }
  await end(pid)
})

test('a scope that failed, or is about to go, is not taken for that of the next process', async () => {
  const first = busy()
  await shares.apply(first, 'ramet-next', { cpus: 0.5 })
  const second = busy()
  // As a VM that is started again before the scope of its last run is gone.
  const waiting = delay(300).then(() => end(first))
  await shares.apply(second, 'ramet-next', { cpus: 0.25 })
  await waiting
  assert.match(groupOf(second), /ramet-next\.scope$/)
  assert.equal(setting(second, 'cpu.max'), '25000 100000')

  // As a VM that the kernel ends for want of memory.
  const [program = '', ...args] = systemctl
  const hog = spawn('sh', ['-c', 'read go; exec tail /dev/zero'])
  started.push(hog)
  await end(second)
  await unitIsGone('ramet-next.scope')
  await shares.apply(hog.pid!, 'ramet-next', { cpus: 1 })
  execFileSync(program, [
    ...args,
    'set-property',
    '--runtime',
    'ramet-next.scope',
    'MemoryMax=4M',
    'MemorySwapMax=0',
  ])
  const dead = new Promise((resolve) => hog.once('exit', resolve))
  hog.stdin!.end('go\n')
  await dead
  const third = busy()
  await shares.apply(third, 'ramet-next', { cpus: 0.25 })
  assert.match(groupOf(third), /ramet-next\.scope$/)
  assert.equal(setting(third, 'cpu.max'), '25000 100000')
  await end(third)
})
