import { describe, expect, test } from 'vitest'
import type { ContainerCreateResponse } from '../../contract/docker.ts'
import type { TestEngine } from '../support/engine.ts'
import { useEngine } from '../support/fixture.ts'

/** That what a create asks for is so in the VM. */

let engine: TestEngine
let image: string

useEngine((fixture) => ({ engine, image } = fixture))

/** Runs a shell script to its end, with a request's fields as they come; answers the lines that it prints. */
async function lines(script: string, HostConfig: object, config: object = {}): Promise<string[]> {
  const id = await create({ Cmd: ['sh', '-c', script], HostConfig, ...config })
  const started = await engine.call('POST', `/containers/${id}/start`)
  expect(started).toMatchObject({ status: 204, body: '' })
  await engine.call('POST', `/containers/${id}/wait`)
  const { stdout, stderr } = await engine.ramet(['logs', id])
  await engine.call('DELETE', `/containers/${id}`)
  expect(stderr).toBe('')
  return stdout.split('\n').slice(0, -1)
}

async function create(request: object): Promise<string> {
  const { status, body } = await engine.call('POST', '/containers/create', { Image: image, ...request })
  expect({ status, body }).toMatchObject({ status: 201 })
  return (JSON.parse(body) as ContainerCreateResponse).Id
}

describe('in the VM', () => {
  test('name resolution, kernel parameters, limits, groups, devices and who is killed first', async () => {
    const script = [
      'cat /etc/resolv.conf',
      'grep -wE "db|gate" /etc/hosts | tr "\\t" " "',
      'cat /proc/self/oom_score_adj',
      'cat /sys/fs/cgroup/pids.max',
      'ulimit -Sn; ulimit -Hn; cat /proc/sys/kernel/shm_rmid_forced',
      'df -m /dev/shm | tail -1 | awk "{print \\$2}"; id -G',
      'test -c /dev/fuse && test -c /dev/net/own && echo devices',
      'nproc; head -c1 /dev/fuse 2>&1 | grep -c "No such"',
    ].join('\n')
    expect(
      await lines(script, {
        Dns: ['10.1.1.1', '10.1.1.2'],
        DnsSearch: ['example.org', 'example.net'],
        DnsOptions: ['ndots:3', 'timeout:1'],
        ExtraHosts: ['db:10.9.8.7', 'gate=host-gateway'],
        OomScoreAdj: -250,
        PidsLimit: 77,
        Ulimits: [{ Name: 'nofile', Soft: 123, Hard: 456 }],
        Sysctls: { 'kernel.shm_rmid_forced': '1' },
        ShmSize: 8 << 20,
        GroupAdd: ['4242'],
        Devices: [
          { PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' },
          { PathOnHost: '/dev/net/tun', PathInContainer: '/dev/net/own', CgroupPermissions: 'rwm' },
        ],
      }),
    ).toEqual([
      ...['nameserver 10.1.1.1', 'nameserver 10.1.1.2'],
      ...['search example.org example.net', 'options ndots:3 timeout:1'],
      ...['10.9.8.7 db', '10.0.2.2 gate'],
      '-250',
      '77',
      ...['123', '456', '1'],
      ...['8', '0 4242'],
      'devices',
      ...['1', '0'],
    ])
  })

  test('what of /proc is hidden, and who may write it, is as by default or as asked', async () => {
    const script = 'wc -c < /proc/timer_list; touch /proc/sys/kernel/hostname 2>/dev/null && echo writes; wc -c < /etc/hostname' // prettier-ignore
    expect((await lines(script, {})).slice(0, 1)).toEqual(['0'])
    const [timers, writes, hostname] = await lines(script, {
      MaskedPaths: ['/etc/hostname'],
      ReadonlyPaths: [],
    })
    expect(Number(timers)).toBeGreaterThan(0)
    expect([writes, hostname]).toEqual(['writes', '0'])
  })

  test('cgroups are its own, or those of the guest', async () => {
    const script = 'cat /proc/self/cgroup'
    expect(await lines(script, { CgroupnsMode: 'private' })).toEqual(['0::/'])
    expect(await lines(script, { CgroupnsMode: 'host' })).toEqual(['0::/container'])
  })

  test('init is PID 1 and reaps; capabilities and new privileges are as asked', async () => {
    const script = [
      'cat /proc/1/comm; echo $$',
      // Who has ended and was not reaped can still be sent signals.
      '(sh -c "sleep 0 & echo \\$! > /orphan")',
      'for i in $(seq 300); do kill -0 $(cat /orphan) 2>/dev/null || break; sleep 0.1; done',
      'kill -0 $(cat /orphan) 2>/dev/null || echo reaped',
      'grep -E "NoNewPrivs|CapEff" /proc/self/status | cut -f2',
    ].join('\n')
    const options = {
      Init: true,
      CapDrop: ['ALL'],
      CapAdd: ['CAP_CHOWN'],
      SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'],
    }
    const [first, own, orphan, capabilities, noNew] = await lines(script, options)
    expect(first).not.toBe('sh')
    expect(Number(own)).toBeGreaterThan(1)
    expect([orphan, capabilities, noNew]).toEqual(['reaped', '0000000000000001', '1'])
  })

  test('privileged: every capability, every device, nothing hidden', async () => {
    const script =
      'grep CapEff /proc/self/status | cut -f2; ls /dev/vda /dev/kmsg; wc -c < /proc/timer_list; mount -t tmpfs none /mnt 2>/dev/null || mkdir /mnt && mount -t tmpfs none /mnt && echo mounts' // prettier-ignore
    const [capabilities, kmsg, disk, timers, mounts] = await lines(script, { Privileged: true })
    expect(BigInt(`0x${capabilities}`) > 0xa80425fbn).toBe(true)
    expect([disk, kmsg, mounts]).toEqual(['/dev/vda', '/dev/kmsg', 'mounts'])
    expect(Number(timers)).toBeGreaterThan(0)
  })

  test('a terminal has the size that was asked for, as soon as its process runs', async () => {
    const [size] = await lines(
      'for i in $(seq 300); do stty size 2>/dev/null && break; sleep 0.1; done',
      { ConsoleSize: [33, 101] },
      { Tty: true },
    )
    expect(size?.trim()).toBe('33 101')
  })
})

describe('refused at the start, in words', () => {
  test('a device that the VM has not', async () => {
    const id = await create({ Cmd: ['true'], HostConfig: { Devices: [{ PathOnHost: '/dev/snd' }] } })
    const { status, body } = await engine.call('POST', `/containers/${id}/start`)
    expect(status).toBe(400)
    expect(body).toContain('/dev/snd is no device of the VM')
    await engine.call('DELETE', `/containers/${id}`)
  })
})
