import { describe, expect, test } from 'vitest'
import type { ContainerCreateRequest } from '../../../../contract/docker.ts'
import { checkOptions } from './check.ts'
import { CONFIG_RULES } from './config-rules.ts'
import { HOST_RULES } from './host-rules.ts'
import { logCap } from './log-config.ts'

const host = (HostConfig: object): ContainerCreateRequest =>
  ({ Image: 'x', HostConfig }) as ContainerCreateRequest

/** What Docker's command line sends for `docker run -it --rm IMAGE`, all of it. */
const COMMAND_LINE = {
  ...{ Hostname: '', Domainname: '', User: '', AttachStdin: true, AttachStdout: true, AttachStderr: true },
  ...{ ExposedPorts: {}, Tty: true, OpenStdin: true, StdinOnce: true, Env: [], Cmd: null, Image: 'x' },
  ...{ Volumes: {}, WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: {} },
  HostConfig: {
    ...{ Binds: null, ContainerIDFile: '', LogConfig: { Type: '', Config: {} }, NetworkMode: 'default' },
    ...{ PortBindings: {}, RestartPolicy: { Name: 'no', MaximumRetryCount: 0 }, AutoRemove: true },
    ...{ VolumeDriver: '', VolumesFrom: null, ConsoleSize: [30, 100], CapAdd: null, CapDrop: null },
    ...{ CgroupnsMode: '', Dns: [], DnsOptions: [], DnsSearch: [], ExtraHosts: null, GroupAdd: null },
    ...{ IpcMode: '', Cgroup: '', Links: null, OomScoreAdj: 0, PidMode: '', Privileged: false },
    ...{ PublishAllPorts: false, ReadonlyRootfs: false, SecurityOpt: null, UTSMode: '', UsernsMode: '' },
    ...{ ShmSize: 0, Isolation: '', CpuShares: 0, Memory: 0, NanoCpus: 0, CgroupParent: '', BlkioWeight: 0 },
    ...{ BlkioWeightDevice: [], BlkioDeviceReadBps: [], BlkioDeviceWriteBps: [], BlkioDeviceReadIOps: [] },
    ...{ BlkioDeviceWriteIOps: [], CpuPeriod: 0, CpuQuota: 0, CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0 },
    ...{ CpusetCpus: '', CpusetMems: '', Devices: [], DeviceCgroupRules: null, DeviceRequests: null },
    ...{ MemoryReservation: 0, MemorySwap: 0, MemorySwappiness: -1, OomKillDisable: false, PidsLimit: 0 },
    ...{ Ulimits: [], CpuCount: 0, CpuPercent: 0, IOMaximumIOps: 0, IOMaximumBandwidth: 0 },
    ...{ MaskedPaths: null, ReadonlyPaths: null },
  },
  NetworkingConfig: { EndpointsConfig: {} },
} as unknown as ContainerCreateRequest

test('what the command line sends says nothing that would be refused or warned of', () => {
  expect(checkOptions(COMMAND_LINE)).toEqual([])
})

test('every field that the command line sends has its row', () => {
  const { HostConfig, ...config } = COMMAND_LINE
  for (const name of Object.keys(config)) expect(CONFIG_RULES).toHaveProperty([name])
  for (const name of Object.keys(HostConfig!)) expect(HOST_RULES).toHaveProperty([name])
})

test.each([
  [{ CpusetMems: '0' }, 'HostConfig.CpusetMems=0 is not supported'],
  [{ PidMode: 'host' }, 'HostConfig.PidMode=host is not supported'],
  [{ IpcMode: 'container:x' }, 'HostConfig.IpcMode=container:x is not supported'],
  [{ BlkioWeightDevice: [{ Path: '/dev/sda', Weight: 1 }] }, 'HostConfig.BlkioWeightDevice is not supported'],
  [{ DeviceRequests: [{ Count: -1 }] }, 'HostConfig.DeviceRequests is not supported'],
  [{ Runtime: 'runsc' }, 'HostConfig.Runtime=runsc is not supported'],
  [{ SecurityOpt: ['seccomp={}'] }, "HostConfig.SecurityOpt: 'seccomp={}' is not supported"],
  [{ LogConfig: { Type: 'syslog' } }, "the log driver 'syslog' is not supported"],
  [{ LogConfig: { Type: '', Config: { 'max-siez': '1m' } } }, "unknown log opt 'max-siez'"],
  [{ LogConfig: { Type: '', Config: { 'max-size': 'big' } } }, "'big' is no max-size"],
  [{ Isolation: 'hyperv' }, "unknown isolation 'hyperv'"],
  [{ AutoRemove: true, RestartPolicy: { Name: 'always' } }, 'cannot both restart and be removed'],
])('%j is refused by name', (HostConfig, message) => {
  expect(() => checkOptions(host(HostConfig))).toThrow(message)
})

test.each([
  { IpcMode: 'private', CgroupnsMode: 'private', UsernsMode: 'host', Runtime: 'ramet' },
  { SecurityOpt: ['no-new-privileges', 'seccomp=unconfined', 'label:disable', 'apparmor=unconfined'] },
  { LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3', compress: 'true' } } },
  { Annotations: { a: 'b' }, ContainerIDFile: '/tmp/id', MemorySwappiness: 60 },
])('%j is taken without a word', (HostConfig) => {
  expect(checkOptions(host(HostConfig))).toEqual([])
})

describe('warnings', () => {
  test('name what has no effect, and why', () => {
    expect(checkOptions(host({ KernelMemory: 512, MemorySwap: -1 }))).toEqual([
      expect.stringContaining('HostConfig.KernelMemory has no effect: '),
      expect.stringContaining('HostConfig.MemorySwap has no effect: the VM has no swap'),
    ])
  })

  test('name fields that nobody knows; a client library’s own are none', () => {
    const request = { ...host({ Fancy: 1 }), name: 'web', Weird: true } as ContainerCreateRequest
    const endpoint = { EndpointsConfig: { net: { Odd: 1, Aliases: ['a'] } } }
    expect(checkOptions({ ...request, NetworkingConfig: endpoint })).toEqual([
      'Weird is no field of this API and has no effect',
      'HostConfig.Fancy is no field of this API and has no effect',
      'NetworkingConfig.EndpointsConfig.net.Odd is no field of this API and has no effect',
    ])
    expect(checkOptions(host({ constructor: 'x' }))).toHaveLength(1)
  })
})

test.each([
  [undefined, 100 * 1024 * 1024],
  [{ Type: 'local' }, 100 * 1024 * 1024],
  [{ Type: 'none' }, 1024 * 1024],
  [{ Config: { 'max-size': '10k' } }, 10 * 1024],
  [{ Config: { 'max-size': '10m', 'max-file': '3' } }, 30 * 1024 * 1024],
  [{ Config: { 'max-size': '-1' } }, undefined],
])('the log of %j is kept to %s bytes', (config, bytes) => {
  expect(logCap(config)).toBe(bytes)
})
