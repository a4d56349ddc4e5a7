import { clearScreenDown, createInterface, cursorTo } from 'node:readline'
import type { ContainerSummary } from '../../contract/docker.ts'
import type { ContainerStats } from '../../contract/docker-stats.ts'
import type { EngineClient } from './client.ts'

const REDRAW_MS = 1000

export const statsPath = (name: string): string => `/containers/${encodeURIComponent(name)}/stats`

/** Of those that run, or of all. */
export async function containerIds(client: EngineClient, { all }: { all?: boolean }): Promise<string[]> {
  const containers = await client.get<ContainerSummary[]>('/containers/json', { all })
  return containers.map(({ Id }) => Id)
}

/**
 * One stream each; every second `picture` of what came last of all of them is printed, on a terminal in place of the one
 * before. It is also given what came before that. Ends when all streams have ended.
 */
export async function watchStats(
  client: EngineClient,
  names: string[],
  picture: (latest: ContainerStats[], earlier: Map<string, ContainerStats>) => string,
): Promise<void> {
  const latest = new Map<string, ContainerStats>()
  const earlier = new Map<string, ContainerStats>()
  const show = (): void => {
    if (process.stdout.isTTY) {
      cursorTo(process.stdout, 0, 0)
      clearScreenDown(process.stdout)
    }
    const readings = names.flatMap((name) => latest.get(name) ?? [])
    process.stdout.write(picture(readings, earlier))
  }
  const streams = await Promise.all(names.map((name) => client.stream('GET', statsPath(name))))
  const timer = setInterval(show, REDRAW_MS)
  try {
    await Promise.all(
      streams.map(async (stream, at) => {
        const name = names[at]!
        for await (const line of createInterface(stream)) {
          const reading = JSON.parse(line) as ContainerStats
          const last = latest.get(name)
          if (last) earlier.set(reading.id, last)
          latest.set(name, reading)
        }
        latest.delete(name)
      }),
    )
  } finally {
    clearInterval(timer)
  }
}
