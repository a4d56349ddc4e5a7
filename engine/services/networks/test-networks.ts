import { mkdtemp, rm } from 'node:fs/promises'
import { afterEach, beforeEach } from 'vitest'
import type { ContainerCreateRequest, EventMessage } from '../../../contract/docker.ts'
import type { EndpointSettings } from '../../../contract/docker-networks.ts'
import type { Container } from '../containers/container.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Switches } from '../../switch/switches.ts'
import { EventBus } from '../events.ts'
import type { Subnet } from './address.ts'
import { Attachments } from './attachments.ts'
import { Connections } from './connections.ts'
import { NetworkService } from './networks.ts'

export let folder: string
export let containers: ContainerRecord[]
/** What the workstation has routes to. */
export let routes: Subnet[]
/** Events, as `create backend`. */
export let seen: string[]
export let logged: string[]

/** A folder without networks, and no containers, for each test of a file. */
export function eachWithoutNetworks(): void {
  beforeEach(async () => {
    folder = await mkdtemp('/tmp/ramet-networks-')
    ;[containers, routes, seen, logged] = [[], [], [], []]
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
}

export function open(): Promise<NetworkService> {
  const events = new EventBus()
  events.subscribe(({ Action, Actor }: EventMessage) =>
    seen.push(`${Action} ${Actor.Attributes['name'] ?? ''}`.trim()),
  )
  return NetworkService.open({
    folder,
    events,
    containers: () => containers,
    hostRoutes: async () => routes,
    log: (message) => void logged.push(message),
  })
}

export const attachmentsOf = (networks: NetworkService): Attachments =>
  new Attachments({
    networks,
    // A stand-in: the real ones start a process each. Only that a run is over is told to them here.
    switches: { forget: async () => {} } as Partial<Switches> as Switches,
    containers: () => containers,
    log: (message) => void logged.push(message),
  })

export const connectionsOf = (networks: NetworkService): Connections =>
  new Connections({
    networks,
    attachments: attachmentsOf(networks),
    // A stand-in for containers that do not run.
    container: (name) =>
      ({
        emit: () => {},
        changeNetworks: (change) =>
          change(
            containers.find((each) => each.name === name)!,
            undefined,
          ),
      }) as Partial<Container> as Container,
    log: (message) => void logged.push(message),
  })

export function container(
  networks: NetworkService,
  name: string,
  request: ContainerCreateRequest,
): ContainerRecord {
  const record = {
    id: Buffer.from(name.padEnd(32, '.')).toString('hex'),
    name,
    config: { Hostname: name },
    hostConfig: {},
    networks: attachmentsOf(networks).requested(request),
  } as unknown as ContainerRecord
  containers.push(record)
  return record
}

export const inNetwork = (name: string, settings: EndpointSettings = {}): ContainerCreateRequest => ({
  HostConfig: { NetworkMode: name },
  NetworkingConfig: { EndpointsConfig: { [name]: settings } },
})

export const subnetsOf = async (networks: NetworkService, name: string): Promise<(string | undefined)[]> =>
  (await networks.inspect(name)).IPAM.Config.flatMap(({ Subnet, Gateway }) => [Subnet, Gateway])
