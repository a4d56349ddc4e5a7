import type { Checkpoint, CheckpointCreateRequest } from '../../../contract/docker.ts'
import type { Activity, ForkRequest, ForkResponse, FreezeResponse, Lineage } from '../../../contract/ramet.ts'
import type { ContainerContext } from '../containers/context.ts'
import type { ContainerService } from '../containers/containers.ts'
import { activity } from './activity.ts'
import { CheckpointService } from './checkpoints.ts'
import { ForkService } from './forks.ts'
import { Freezer } from './freezer.ts'
import { Leftovers } from './leftovers.ts'
import { lineage } from './lineage.ts'
import { WarmStarts } from './warm-starts.ts'
import { WarmImageService } from './warm-images.ts'

/** What is done with containers while they run: freeze, fork, and back again. */
export interface Live {
  freeze(idOrName: string, reference: string, options: { signal: AbortSignal }): Promise<FreezeResponse>
  fork(idOrName: string, request: ForkRequest): Promise<ForkResponse>
  checkpoint(idOrName: string, request: CheckpointCreateRequest): Promise<Checkpoint>
  checkpoints(idOrName: string): Promise<Checkpoint[]>
  removeCheckpoint(idOrName: string, name: string): Promise<void>
  rewind(idOrName: string, checkpoint: string | undefined): Promise<void>
  lineage(): Promise<Lineage>
  activity(idOrName: string, sinceNs: bigint): Promise<Activity>
  /** Once all containers are known. */
  sweep(): Promise<void>
}

export function openLive(containers: ContainerService, context: ContainerContext): Live {
  const freezer = new Freezer(context)
  const forks = new ForkService(containers, freezer)
  const warm = new WarmImageService({ ...context, containers, freezer })
  const checkpoints = new CheckpointService(containers, freezer, context.templates)
  const leftovers = new Leftovers(containers, context)
  const guarded = {
    freeze: (...args: Parameters<Freezer['freeze']>) => leftovers.during(() => freezer.freeze(...args)),
  }
  new WarmStarts(containers, guarded, context)
  return {
    freeze: (idOrName, reference, options) =>
      leftovers.during(() => warm.freeze(idOrName, reference, options)),
    fork: (idOrName, request) => leftovers.during(() => forks.fork(idOrName, request)),
    checkpoint: (idOrName, request) => leftovers.during(() => checkpoints.create(idOrName, request)),
    checkpoints: (idOrName) => checkpoints.list(idOrName),
    removeCheckpoint: (idOrName, name) => leftovers.during(() => checkpoints.remove(idOrName, name)),
    rewind: (idOrName, name) => leftovers.during(() => checkpoints.rewind(idOrName, name)),
    lineage: () => lineage(containers, context.templates),
    activity: async (idOrName, sinceNs) => activity(containers.find(idOrName), sinceNs),
    sweep: () => leftovers.sweep(),
  }
}
