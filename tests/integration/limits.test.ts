import { readdir, readFile } from 'node:fs/promises'
import type { ContainerCreateResponse } from '../../contract/docker.ts'
import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'

/** What limits containers: in the guest, and on the VM's process from outside. */
let engine: TestEngine
let image: string
useEngine((fixture) => ({ engine, image } = fixture))

const MIB = 1024 ** 2

/** Starts a container that waits; answers the id of its VM's process. */
async function waiting(name: string, ...flags: string[]): Promise<number> {
  const run = await engine.ramet(['run', '-d', '--name', name, ...flags, image, 'sleep', '1000'])
  expect(run, run.stderr).toMatchObject({ code: 0 })
  return (await engine.inspect(name)).State.Pid
}

const inside = async (name: string, script: string): Promise<string> =>
  (await engine.ramet(['exec', name, 'sh', '-c', script])).stdout.trim()

const group = (name: string, file: string): Promise<string> => inside(name, `cat /sys/fs/cgroup/${file}`)

const threads = (pid: number): Promise<string[]> => readdir(`/proc/${pid}/task`)

async function allowedCpus(pid: number): Promise<string[]> {
  const each = await Promise.all(
    (await threads(pid)).map(async (thread) => {
      const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8')
      return /^Cpus_allowed_list:\s*(\S+)/m.exec(status)![1]!
    }),
  )
  return [...new Set(each)]
}

/** The 19th field of stat (proc(5)), counted behind the name, which may hold spaces. */
async function niceness(pid: number): Promise<number[]> {
  const each = await Promise.all(
    (await threads(pid)).map(async (thread) => {
      const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
    }),
  )
  return [...new Set(each)]
}

describe('memory', () => {
  test('a container can use what it is limited to, and no more: then it is killed, and told so', async () => {
    // The root file system is on a disk of its own; /dev/shm is memory of the container.
    const fill = (mebibytes: number): string => `dd if=/dev/zero of=/dev/shm/fill bs=1M count=${mebibytes}`
    const fits = ['run', '--rm', '--memory', '128m', '--shm-size', '256m', image, 'sh', '-c', `${fill(120)}`]
    expect(await engine.ramet(fits)).toMatchObject({ code: 0 })
    const tooMuch = [
      'run',
      '--name',
      'greedy',
      '--memory',
      '128m',
      '--shm-size',
      '256m',
      image,
      ...fill(200).split(' '),
    ]
    expect(await engine.ramet(tooMuch)).toMatchObject({ code: 137 })
    expect((await engine.inspect('greedy')).State).toMatchObject({ OOMKilled: true, ExitCode: 137 })
    await engine.ramet(['rm', 'greedy'])
  })
})

describe('CPUs', () => {
  test('a fraction of one is held in the guest, whole ones by the VM', async () => {
    await waiting('half', '--cpus', '1.5')
    expect(await group('half', 'cpu.max')).toBe('150000 100000')
    expect(await inside('half', 'nproc')).toBe('2')
    await engine.ramet(['rm', '-f', 'half'])
  })

  test('a container that may use a fifth of a CPU uses no more', async () => {
    await waiting('fifth', '--cpus', '0.2')
    const script =
      'a=$(grep usage_usec /sys/fs/cgroup/cpu.stat); t=$(cut -d. -f1 /proc/uptime); (while :; do :; done) & sleep 10; ' +
      'kill $!; b=$(grep usage_usec /sys/fs/cgroup/cpu.stat); echo $((${b#* } - ${a#* })) $(($(cut -d. -f1 /proc/uptime) - t))'
    const [microseconds, seconds] = (await inside('fifth', script)).split(' ').map(Number)
    expect(microseconds! / 1e6 / seconds!).toBeLessThan(0.25)
    await engine.ramet(['rm', '-f', 'fifth'])
  })

  test('chosen CPUs and a weight are those of the whole VM, and change live', async () => {
    const pid = await waiting('pinned', '--cpuset-cpus', '0', '--cpu-shares', '512')
    expect(await allowedCpus(pid)).toEqual(['0'])
    expect(await niceness(pid)).toEqual([3])
    const update = ['update', '--cpuset-cpus', '0-1', '--cpu-shares', '102', '--pids-limit', '40', 'pinned']
    expect(await engine.ramet(update)).toMatchObject({ code: 0, stdout: 'pinned\n' })
    expect(await allowedCpus(pid)).toEqual(['0-1'])
    expect(await niceness(pid)).toEqual([10])
    expect(await group('pinned', 'pids.max')).toBe('40')
    await engine.ramet(['rm', '-f', 'pinned'])
  })

  test('CPUs that the host has not are refused, and nothing is left', async () => {
    const run = await engine.ramet(['run', '--rm', '--cpuset-cpus', '4000', image, 'true'])
    expect(run.code).not.toBe(0)
    expect(run.stderr).toMatch(/the VM cannot run on the CPUs 4000/)
    expect((await engine.ramet(['ps', '-aq'])).stdout).toBe('')
  })
})

describe('the disk', () => {
  test('its size is a limit, told by the file system', async () => {
    await waiting('full', '--storage-opt', 'size=128m')
    expect(Number(await inside('full', "df -m / | awk 'NR==2 {print $2}'"))).toBeLessThan(128)
    const write = await engine.ramet(['exec', 'full', 'dd', 'if=/dev/zero', 'of=/big', 'bs=1M', 'count=200'])
    expect(write.code).not.toBe(0)
    expect(write.stderr).toMatch(/No space left on device/)
    // Full, and still what it was: it can be emptied, stopped and started.
    expect(await inside('full', 'rm /big; sync; echo kept > /file; cat /file')).toBe('kept')
    await engine.ramet(['restart', '-t', '1', 'full'])
    expect(await inside('full', 'cat /file')).toBe('kept')
    await engine.ramet(['rm', '-f', 'full'])
  })

  test('a size above what guests know is refused', async () => {
    const run = await engine.ramet(['run', '--rm', '--storage-opt', 'size=200G', image, 'true'])
    expect(run.stderr).toMatch(/at most 64 GiB/)
  })

  test('its rates are held by QEMU, and change live', async () => {
    await waiting('slow', '--device-write-bps', '/dev/vda:4mb')
    const script = (mebibytes: number): string =>
      `t=$(cut -d. -f1 /proc/uptime); dd if=/dev/zero of=/data bs=1M count=${mebibytes} conv=fsync 2>/dev/null; ` +
      'echo $(($(cut -d. -f1 /proc/uptime) - t))'
    // 40 MiB at 4 MB a second: not before ten seconds, however fast the machine.
    expect(Number(await inside('slow', script(40)))).toBeGreaterThanOrEqual(8)
    const body = { BlkioDeviceWriteBps: [{ Path: '/dev/vda', Rate: 1024 ** 3 }] }
    expect(await engine.call('POST', '/containers/slow/update', body)).toMatchObject({ status: 200 })
    await until('faster than before', async () => Number(await inside('slow', script(40))) < 8)
    await engine.ramet(['rm', '-f', 'slow'])
  })
})

test('what a running VM cannot take is refused in words', async () => {
  await waiting('fixed', '--memory', '128m')
  expect((await engine.ramet(['update', '--memory', '1g', 'fixed'])).stderr).toMatch(/at most 12[89] MiB/)
  expect((await engine.ramet(['update', '--cpus', '3', 'fixed'])).stderr).toMatch(/at most 1 CPUs/)
  expect(await engine.ramet(['update', '--memory', '64m', 'fixed'])).toMatchObject({ code: 0 })
  expect(await group('fixed', 'memory.max')).toBe(String(64 * MIB))
  await engine.ramet(['rm', '-f', 'fixed'])
})

test('those of the settings are of containers that ask for none, from the next engine on', async () => {
  const made = async (HostConfig: object): Promise<object> => {
    const { status, body } = await engine.call('POST', '/containers/create', { Image: image, HostConfig })
    expect({ status, body }).toMatchObject({ status: 201 })
    const { Id } = JSON.parse(body) as ContainerCreateResponse
    const { Memory, NanoCpus } = (await engine.inspect(Id)).HostConfig
    await engine.call('DELETE', `/containers/${Id}`)
    return { Memory, NanoCpus }
  }
  const limits = { memoryBytes: 64 * MIB, cpus: 0.5 }
  expect((await engine.call('PUT', '/ramet/v1/settings', { limits })).status).toBe(200)
  await engine.down('SIGTERM')
  await engine.up()
  try {
    expect(await made({ Memory: 0 })).toEqual({ Memory: 64 * MIB, NanoCpus: 5e8 })
    expect(await made({ Memory: 80 * MIB, NanoCpus: 1e9 })).toEqual({ Memory: 80 * MIB, NanoCpus: 1e9 })
  } finally {
    await engine.call('PUT', '/ramet/v1/settings', { limits: { memoryBytes: 0, cpus: 0 } })
    await engine.down('SIGTERM')
    await engine.up()
  }
})
