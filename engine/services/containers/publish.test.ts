import { expect, test } from 'vitest'
import type { PortMap } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { PortForward } from '../../hypervisor/virtual-machine.ts'
import { allocatePorts, wantedPorts } from './ports.ts'
import { publish } from './publish.ts'

/** A run's record, and a VM for which the first `refusals` ports are another's by the time that it is told. */
async function setUp(PortBindings: PortMap, refusals: number) {
  const hostConfig = { PortBindings }
  const record = { config: {}, hostConfig, ports: await allocatePorts(wantedPorts({}, hostConfig)) }
  const chosen = [...record.ports]
  const told: PortForward[] = []
  const addForward = async (forward: PortForward): Promise<void> => {
    if (refusals-- > 0) throw new EngineError('PORT_TAKEN', 'taken')
    told.push(forward)
  }
  return { record, chosen, told, vm: { addForward } }
}

test('a free port that another took meanwhile is exchanged, and the record says so', async () => {
  const { record, chosen, told, vm } = await setUp({ '80/tcp': [{}], '53/udp': [{}] }, 2)
  await publish(record, vm)
  expect(told).toEqual(record.ports)
  expect(record.ports.map(({ guestPort, protocol }) => [guestPort, protocol])).toEqual([
    [80, 'tcp'],
    [53, 'udp'],
  ])
  expect(record.ports[0]).not.toEqual(chosen[0])
  expect(record.ports[1]).toEqual(chosen[1])
})

test('one that was named is refused, and where none can be had it is given up', async () => {
  const [free] = await allocatePorts(wantedPorts({}, { PortBindings: { '80/tcp': [{}] } }))
  const named = await setUp({ '80/tcp': [{ HostPort: String(free!.hostPort) }] }, 1)
  await expect(publish(named.record, named.vm)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  expect(named.record.ports).toEqual(named.chosen)
  const never = await setUp({ '80/tcp': [{}] }, Infinity)
  await expect(publish(never.record, never.vm)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
})
