import type { HostConfig, PortBinding, PortMap } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { PortForward, VirtualMachine } from '../../hypervisor/virtual-machine.ts'
import type { Container } from './container.ts'
import { allocatePorts, portMap, wantedPorts, type WantedPort } from './ports.ts'
import type { ContainerRecord } from './record.ts'

/** A port as it was asked for, and, where the container runs with a way out, as it is published. */
interface Published {
  wanted: WantedPort
  forward?: PortForward
}

/** Which of a container port's bindings; all where nothing more is said. */
export interface BindingChoice {
  hostIp?: string
  hostPort?: number
}

export interface PortServiceOptions {
  container(idOrName: string): Container
  hasWayOut(record: ContainerRecord): boolean
}

/** Publishes ports of containers and takes them back, at once where they run; the next start finds them so. */
export class PortService {
  readonly #options: PortServiceOptions

  constructor(options: PortServiceOptions) {
    this.#options = options
  }

  /** All or none. Rejects with PORT_TAKEN. Answers all that is published then. */
  async add(idOrName: string, bindings: PortMap): Promise<PortMap> {
    const more = wantedPorts({}, { PortBindings: bindings })
    if (more.length === 0) throw new EngineError('INVALID_ARGUMENT', 'no port named; give one, as 8080:80')
    const container = this.#options.container(idOrName)
    await container.changeNetworks(async (record, run) => {
      const before = published(record)
      const live = run && this.#options.hasWayOut(record)
      const forwards = await allocatePorts(live ? more : [])
      const added: PortForward[] = []
      try {
        for (const forward of forwards) {
          await run!.vm.addForward(forward)
          added.push(forward)
        }
      } catch (error) {
        for (const forward of added) await run!.vm.removeForward(forward)
        throw error
      }
      write(record, [...before, ...more.map((wanted, at) => ({ wanted, forward: forwards[at] }))])
    })
    return told(container)
  }

  /** `port` is the container's, as `80/tcp`. Rejects with NOT_FOUND where it is not published so. */
  async remove(idOrName: string, port: string, choice: BindingChoice): Promise<PortMap> {
    const [asked] = wantedPorts({}, { PortBindings: { [port]: null } })
    const container = this.#options.container(idOrName)
    await container.changeNetworks(async (record, run) => {
      const before = published(record)
      const gone = before.filter((each) => isMeant(each, asked!, choice))
      if (gone.length === 0) {
        const where = [choice.hostIp, choice.hostPort].filter((each) => each !== undefined).join(':')
        throw new EngineError(
          'NOT_FOUND',
          `container ${record.name} does not publish ${port}${where && ` at ${where}`}`,
        )
      }
      for (const { forward } of gone) if (run && forward) await run.vm.removeForward(forward)
      write(
        record,
        before.filter((each) => !gone.includes(each)),
      )
    })
    return told(container)
  }
}

/** What an engine was killed between telling a running VM and writing down is taken back. */
export async function settlePorts(
  { ports }: Pick<ContainerRecord, 'ports'>,
  vm: VirtualMachine,
): Promise<void> {
  const same = (one: PortForward) => (other: PortForward) =>
    (['protocol', 'hostIp', 'hostPort', 'guestPort'] as const).every((key) => one[key] === other[key])
  const there = await vm.forwards()
  for (const forward of there) if (!ports.some(same(forward))) await vm.removeForward(forward)
  for (const forward of ports) if (!there.some(same(forward))) await vm.addForward(forward)
}

function told(container: Container): PortMap {
  container.emit('update')
  return portMap(container.record.config, container.record.ports)
}

/** What is published stands in the order of what was asked for. */
function published({ config, hostConfig, ports }: ContainerRecord): Published[] {
  const wanted = wantedPorts(config, hostConfig)
  const live = ports.length === wanted.length
  return wanted.map((each, at) => ({ wanted: each, forward: live ? ports[at] : undefined }))
}

function isMeant(
  { wanted, forward }: Published,
  asked: WantedPort,
  { hostIp, hostPort }: BindingChoice,
): boolean {
  return (
    wanted.guestPort === asked.guestPort &&
    wanted.protocol === asked.protocol &&
    (hostIp === undefined || wanted.hostIp === hostIp) &&
    (hostPort === undefined || (forward ?? wanted).hostPort === hostPort)
  )
}

/** Port by port, none left to "all that are exposed": what was taken back must not come again with the next start. */
function write(record: ContainerRecord, all: Published[]): void {
  const groups = Map.groupBy(all, ({ wanted }) => `${wanted.guestPort}/${wanted.protocol}`)
  const bindings = [...groups].map(
    ([key, group]) => [key, group.map(({ wanted }) => bindingOf(wanted))] as const,
  )
  const hostConfig: HostConfig = { ...record.hostConfig, PublishAllPorts: false }
  hostConfig.PortBindings = Object.fromEntries(bindings)
  record.hostConfig = hostConfig
  record.ports = [...groups.values()].flat().flatMap(({ forward }) => forward ?? [])
}

function bindingOf({ hostIp, hostPort, lastHostPort }: WantedPort): PortBinding {
  const range = lastHostPort === undefined ? String(hostPort) : `${hostPort}-${lastHostPort}`
  return { HostIp: hostIp, HostPort: hostPort === 0 ? '' : range }
}
