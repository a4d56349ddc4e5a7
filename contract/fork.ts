import type { ContainerSummary, PortMap } from './docker.ts'
import { nameOf } from './names.ts'
import type { ForkRequest } from './ramet.ts'

/** Forks of a fork are named after the first of them, or their names would grow. */
const stemOf = (name: string): string => `${name.replace(/-fork\d*(-\d+)?$/, '')}-fork`

/**
 * A name that is free, after the container's own: `db-fork-1`; of several what the engine puts their numbers behind:
 * `db-fork`.
 */
export function forkName(parent: ContainerSummary, all: readonly ContainerSummary[], count: number): string {
  const taken = new Set(all.map(nameOf))
  const stem = stemOf(nameOf(parent))
  if (count === 1) {
    for (let number = 1; ; number++) {
      if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`
    }
  }
  for (let series = 1; ; series++) {
    const name = series === 1 ? stem : `${stem}${series}`
    const numbers = Array.from({ length: count }, (_, at) => at + 1)
    if (numbers.every((number) => !taken.has(`${name}-${number}`))) return name
  }
}

/** The ports that the container publishes: each copy gets them on free ports of its own. */
export function forkPorts({ Ports }: ContainerSummary): PortMap {
  const published = Ports.filter(({ PublicPort }) => PublicPort !== undefined)
  return Object.fromEntries(
    published.map(({ PrivatePort, Type, IP }) => [`${PrivatePort}/${Type}`, [{ HostIp: IP, HostPort: '0' }]]),
  )
}

/** What is asked for where nobody says otherwise. */
export const defaultFork = (
  parent: ContainerSummary,
  all: readonly ContainerSummary[],
  count = 1,
): ForkRequest => ({ count, name: forkName(parent, all, count), ports: forkPorts(parent) })
