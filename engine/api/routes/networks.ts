import { createHash } from 'node:crypto'
import type { FastifyRequest, RouteOptions } from 'fastify'
import type { Filters } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import { Query } from '../query.ts'

type Network = ReturnType<typeof network>

/** Clients expect these three from the start. There are no others yet. */
const NETWORKS = [network('bridge', 'bridge'), network('host', 'host'), network('none', 'null')]

export function networkRoutes(): RouteOptions[] {
  return [
    {
      method: 'GET',
      url: '/networks',
      handler: async (request) => {
        const filters = new Query(request.query).filters()
        return NETWORKS.filter((each) => passes(each, filters))
      },
    },
    {
      method: 'GET',
      url: '/networks/:id',
      handler: async (request) => {
        const wanted = id(request)
        const found = NETWORKS.find(({ Name, Id }) => Name === wanted || Id.startsWith(wanted))
        if (found) return found
        throw new EngineError('NOT_FOUND', `network ${wanted} not found`)
      },
    },
  ]
}

const id = (request: FastifyRequest): string => (request.params as { id: string }).id

function network(Name: string, Driver: string) {
  return {
    Name,
    Id: createHash('sha256').update(`ramet network ${Name}`).digest('hex'),
    Created: '0001-01-01T00:00:00Z',
    Scope: 'local',
    Driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: {},
    Options: {},
    Labels: {},
  }
}

const TESTS: Record<string, (network: Network, value: string) => boolean> = {
  name: ({ Name }, value) => Name.includes(value),
  id: ({ Id }, value) => Id.startsWith(value),
  driver: ({ Driver }, value) => Driver === value,
  scope: ({ Scope }, value) => Scope === value,
  type: (_network, value) => value === 'builtin',
  label: () => false,
  dangling: () => false,
}

function passes(network: Network, filters: Filters): boolean {
  return Object.entries(filters).every(([name, values]) => {
    const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined
    if (test) return values.some((value) => test(network, value))
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid filter '${name}'; known are ${Object.keys(TESTS).join(', ')}`,
    )
  })
}
