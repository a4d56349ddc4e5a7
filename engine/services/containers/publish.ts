import { EngineError } from '../../../contract/errors.ts'
import type { PortForward, VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import { allocatePorts, wantedPorts, type WantedPort } from './ports.ts'
import type { ContainerRecord } from './record.ts'

const MOST_TRIES = 10

/**
 * Publishes the ports of a run on its VM. One that was free when it was chosen, and that somebody has taken since, is
 * exchanged for another, where any, or one of several, was asked for. Rejects with PORT_TAKEN.
 */
export async function publish(
  { config, hostConfig, ports }: Pick<ContainerRecord, 'config' | 'hostConfig' | 'ports'>,
  vm: Pick<VirtualMachine, 'addForward'>,
): Promise<void> {
  const wanted = wantedPorts(config, hostConfig)
  for (const [at, forward] of ports.entries()) ports[at] = await publishOne(forward, wanted[at]!, vm)
}

/** Answers the one that it became. */
async function publishOne(
  forward: PortForward,
  wanted: WantedPort,
  vm: Pick<VirtualMachine, 'addForward'>,
): Promise<PortForward> {
  let chosen = forward
  for (let tries = 1; ; tries++) {
    try {
      await vm.addForward(chosen)
      return chosen
    } catch (error) {
      const isTaken = error instanceof EngineError && error.code === 'PORT_TAKEN'
      const isOnlyOne = wanted.hostPort !== 0 && wanted.lastHostPort === undefined
      if (!isTaken || isOnlyOne || tries === MOST_TRIES) throw error
    }
    chosen = (await allocatePorts([wanted]))[0]!
  }
}
