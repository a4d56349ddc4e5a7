import { join } from 'node:path'
import { EventBus } from '../events.ts'
import { VolumeService } from '../volumes/volumes.ts'
import { MountService } from './mounts.ts'
import { RefusedFolders } from './refused.ts'

/** The real service on volumes in `folder`, for tests. */
export async function testMounts(
  folder: string,
  refused: Record<string, string> = {},
): Promise<MountService> {
  const log = (): void => {}
  return new MountService({
    volumes: await VolumeService.open({ folder, events: new EventBus(), usersOf: () => [], log }),
    refused: new RefusedFolders(refused),
    apiSocket: join(folder, 'docker.sock'),
    isRoot: process.getuid!() === 0,
    log,
  })
}
