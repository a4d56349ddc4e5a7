import { expect, test } from 'vitest'
import type { HostConfig } from '../../../contract/docker.ts'
import type { PortForward, VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { Container } from './container.ts'
import { PortService, settlePorts } from './live-ports.ts'
import { allocatePorts, wantedPorts } from './ports.ts'
import type { ContainerRecord } from './record.ts'

/** A VM that only knows what it forwards; a container around it that runs or not. */
async function setUp(hostConfig: HostConfig, { running = true } = {}) {
  const config = { ExposedPorts: { '80/tcp': {}, '81/tcp': {} } }
  const ports = running ? await allocatePorts(wantedPorts(config, hostConfig)) : []
  const record = { name: 'web', config, hostConfig, ports } as unknown as ContainerRecord
  let forwards: PortForward[] = [...ports]
  const vm = {
    forwards: async () => forwards,
    addForward: async (forward) => void forwards.push(forward),
    removeForward: async (gone) =>
      void (forwards = forwards.filter((each) => each.hostPort !== gone.hostPort)),
  } as Partial<VirtualMachine> as VirtualMachine
  const container = {
    record,
    emit: () => {},
    changeNetworks: (change) => change(record, running ? { vm, agent: undefined as never } : undefined),
  } as Partial<Container> as Container
  const service = new PortService({ container: () => container, hasWayOut: () => true })
  return { service, record, vm, forwards: () => forwards }
}

const guests = (forwards: PortForward[]): number[] => forwards.map(({ guestPort }) => guestPort)

test('ports are added and removed where it runs, and stand in its settings', async () => {
  const { service, record, forwards } = await setUp({ PortBindings: { '80/tcp': [{ HostPort: '' }] } })
  const shown = await service.add('web', { '53/udp': [{ HostPort: '' }], '80/tcp': [{ HostPort: '' }] })
  expect(guests(forwards())).toEqual([80, 53, 80])
  expect(record.ports).toHaveLength(3)
  expect(shown['80/tcp']).toHaveLength(2)
  const second = Number(shown['80/tcp']![1]!.HostPort)
  expect((await service.remove('web', '80/tcp', { hostPort: second }))['80/tcp']).toEqual([
    shown['80/tcp']![0],
  ])
  await service.remove('web', '80', {})
  expect(guests(forwards())).toEqual([53])
  expect(record.hostConfig.PortBindings).toEqual({ '53/udp': [{ HostIp: '127.0.0.1', HostPort: '' }] })
  await expect(service.remove('web', '80', {})).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('of all that are exposed one can be taken back, and does not come again', async () => {
  const { service, record, forwards } = await setUp({ PublishAllPorts: true })
  await service.remove('web', '81/tcp', {})
  expect(guests(forwards())).toEqual([80])
  expect(guests(wantedPorts(record.config, record.hostConfig))).toEqual([80])
})

test('where it does not run, only its settings change', async () => {
  const { service, record, forwards } = await setUp({}, { running: false })
  await service.add('web', { '80/tcp': [{ HostPort: '8000-8010' }] })
  expect(forwards()).toEqual([])
  expect(record.hostConfig.PortBindings).toEqual({
    '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8000-8010' }],
  })
  await service.remove('web', '80/tcp', {})
  expect(record.hostConfig.PortBindings).toEqual({})
  await expect(service.add('web', {})).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('all or none is added', async () => {
  const { service, record, vm, forwards } = await setUp({})
  const add = vm.addForward.bind(vm)
  vm.addForward = async (forward) => {
    if (forward.guestPort === 81) throw new Error('taken')
    return add(forward)
  }
  await expect(service.add('web', { '80/tcp': null, '81/tcp': null })).rejects.toThrow('taken')
  expect([forwards(), record.ports, record.hostConfig.PortBindings]).toEqual([[], [], undefined])
})

test('what was not written down before the engine died is taken back', async () => {
  const { record, vm, forwards } = await setUp({ PortBindings: { '80/tcp': [{ HostPort: '' }] } })
  forwards()[0] = { ...record.ports[0]!, hostPort: 1, guestPort: 99 }
  await settlePorts(record, vm)
  expect(forwards()).toEqual(record.ports)
})
