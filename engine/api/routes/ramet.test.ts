import { expect, test } from 'vitest'
import type { ContainerSummary } from '../../../contract/docker.ts'
import type { HostInfo, StandbyReport, TemplateSummary } from '../../../contract/ramet.ts'
import { EngineError } from '../../../contract/errors.ts'
import { TestServer } from '../testing/test-server.ts'

const INFO: HostInfo = {
  accelerator: 'tcg',
  acceleratorReason: 'there is no /dev/kvm',
  libvirtUri: 'qemu:///embed',
  libvirtVersion: '11.0.0',
  qemuVersion: '10.0.0',
  kit: 'kit',
  kernel: '6.12',
  engineVersion: '1.2.3',
  pid: 1,
  home: '/home',
}
const host = {
  info: async () => INFO,
  resources: () => ({ memoryBytes: 1024, cpus: 2, kernel: '6.1', os: 'Linux', hostname: 'box' }),
}
const lines = (body: string) =>
  body
    .split('\r\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown)

test('version and info say what Docker’s clients look at', async () => {
  const containers = ['running', 'exited', 'created'].map((State) => ({ State }) as ContainerSummary)
  await using api = await TestServer.start({
    host,
    containers: { list: async () => containers },
    images: { list: async () => [] },
    standby: { report: () => ({ waiting: [{}], hits: 4, misses: 1 }) as unknown as StandbyReport },
  })
  const version = JSON.parse((await api.call('GET', '/version')).body) as Record<string, string>
  expect(version).toMatchObject({ ApiVersion: '1.51', MinAPIVersion: '1.24', Os: 'linux' })
  expect(version['Version']).toMatch(/^28\.\d+\.\d+\+ramet\.1\.2\.3$/)
  expect(JSON.parse((await api.call('GET', '/v1.51/info')).body)).toMatchObject({
    Containers: 3,
    ContainersRunning: 1,
    ContainersStopped: 2,
    ServerVersion: version['Version'],
    OSType: 'linux',
    MemTotal: 1024,
    NCPU: 2,
    DriverStatus: expect.arrayContaining([['Standby clones', '1 waiting, 4 hits, 1 misses']]),
    Warnings: ['No KVM: there is no /dev/kvm'],
  })
})

test('memory, host and doctor are handed through', async () => {
  const memory = {
    containers: [],
    templates: [],
    images: [],
    standby: { clones: 0, ownBytes: 0 },
    host: { totalBytes: 4, availableBytes: 3, roomBytes: 2 },
    totals: { actualBytes: 1, withoutSharingBytes: 2, savedBytes: 1 },
  }
  const sample = { at: 1, actualBytes: 1, withoutSharingBytes: 2, containers: 3 }
  const history = { intervalMs: 5000, samples: [sample] }
  const past = {
    intervalMs: 0,
    samples: [{ at: 1, cpu: 0.5, ownBytes: 3, receivedBytesPerSecond: 4, sentBytesPerSecond: 5 }],
  }
  const doctor = { ok: true, checks: [] }
  await using api = await TestServer.start({
    host: { ...host, doctor: async () => doctor },
    memory: {
      report: async () => memory,
      history: () => history,
      historyOf: (id) => ({ ...past, intervalMs: id.length }),
    },
  })
  const get = async (path: string) => JSON.parse((await api.call('GET', `/ramet/v1/${path}`)).body) as unknown
  expect(await get('memory')).toEqual(memory)
  expect(await get('memory/history')).toEqual(history)
  expect(await get('containers/web/history')).toEqual({ ...past, intervalMs: 3 })
  expect(await get('host')).toEqual(INFO)
  expect(await get('doctor')).toEqual(doctor)
})

test('making a template tells its progress; the last line has the template or the error', async () => {
  const template = { id: 't' } as TemplateSummary
  await using api = await TestServer.start({
    templates: {
      create: async ({ image }, { onProgress }) => {
        if (image === 'early') throw new EngineError('IMAGE_NOT_FOUND', 'no such image')
        onProgress({ status: 'booting' })
        if (image === 'late') throw new EngineError('GUEST_TIMEOUT', 'the guest did not boot')
        return template
      },
    },
  })
  const create = (body: unknown) => api.call('POST', '/ramet/v1/templates', { body })
  expect(lines((await create({ image: 'a', memoryBytes: 1, vcpus: 1, rebuild: true })).body)).toEqual([
    { status: 'booting' },
    { status: 'ready', template },
  ])
  expect(lines((await create({ image: 'late' })).body)).toEqual([
    { status: 'booting' },
    { status: 'failed', error: { code: 'GUEST_TIMEOUT', message: 'the guest did not boot' } },
  ])
  expect(api.logged).toEqual(['the guest did not boot'])
  expect(await create({ image: 'early' })).toMatchObject({ status: 404 })
  expect(await create({ image: 'a', memory: 1 })).toMatchObject({ status: 400 })
  expect(await create({})).toMatchObject({ status: 400 })
})

test('templates are listed, removed and pruned', async () => {
  const removed: unknown[] = []
  await using api = await TestServer.start({
    templates: {
      list: async () => [],
      remove: async (...args) => void removed.push(args),
      prune: async () => ({ removed: ['t'], freedBytes: 5 }),
    },
  })
  expect((await api.call('GET', '/ramet/v1/templates')).body).toBe('[]')
  expect(await api.call('DELETE', '/ramet/v1/templates/t?force=1')).toMatchObject({ status: 204 })
  expect(removed).toEqual([['t', { force: true }]])
  expect((await api.call('POST', '/ramet/v1/templates/prune')).body).toBe('{"removed":["t"],"freedBytes":5}')
})

test.each([
  ['POST', '/build'],
  ['POST', '/v1.51/swarm/init'],
  ['PUT', '/volumes/data'],
  ['GET', '/swarm'],
])('what Docker has and this has not says so: %s %s', async (method, path) => {
  await using api = await TestServer.start()
  const body = method === 'HEAD' ? undefined : 'no JSON'
  const answer = await api.call(method, path, { body, headers: { 'Content-Type': 'application/x-tar' } })
  expect(answer.status).toBe(501)
  if (method !== 'HEAD') expect(JSON.parse(answer.body)).toMatchObject({ code: 'NOT_SUPPORTED' })
})
