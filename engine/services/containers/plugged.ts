import { EngineError } from '../../../contract/errors.ts'
import type { AgentClient } from '../../guest/agent-client.ts'
import type { Plugged, Share, VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { ContainerRecord } from './record.ts'

/** What a container was frozen with. */
interface Frozen {
  plugged?: Plugged[]
}

/**
 * Before the memory of a container that was frozen while it ran is loaded: plugs in what it expects to find. Answers
 * the ids. Rejects with CONFLICT where it had mounts that this start does not have.
 */
export async function replug(
  { name }: ContainerRecord,
  frozen: Frozen | undefined,
  shares: Share[],
  vm: VirtualMachine,
): Promise<Set<string>> {
  const plugged = frozen?.plugged ?? []
  const missing = plugged.some(({ id, kind }) => kind === 'share' && !shares.some((share) => share.id === id))
  if (missing) {
    throw new EngineError(
      'CONFLICT',
      `container ${name} cannot go on from its frozen memory: that has something mounted which the container has not any more; start it with --isolation cold, or freeze anew`,
    )
  }
  for (const device of plugged) await vm.replug(device)
  return new Set(plugged.map(({ id }) => id))
}

/**
 * Takes a copy out of the networks of the one that it is a copy of: nothing of it has run yet. Answers what still goes
 * on, until the guest has let go of the NICs.
 */
export async function leaveNetworks(
  { plugged = [] }: Frozen,
  vm: VirtualMachine,
  agent: AgentClient,
): Promise<Promise<void>[]> {
  const nics = plugged.filter(({ kind }) => kind === 'nic')
  for (const { mac } of nics) await agent.dropInterface(mac!)
  const gone = nics.map(({ id }) => vm.unplug(id))
  // Where the start fails before they are awaited, that is what is told.
  for (const each of gone) each.catch(() => {})
  return gone
}
