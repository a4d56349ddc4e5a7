import type { ContainerSummary } from '../../../../contract/docker.ts'
import { EngineError } from '../../../../contract/errors.ts'
import { call } from '../../api/engine.ts'
import { isLive } from '../../stores/containers.ts'
import { text } from '../../text/index.ts'

/** Where a volume's files are reached: owners and kinds of files are known in a machine alone. */
export interface Place {
  container: ContainerSummary
  folder: string
}

const FOLDER = '/volume'
/** On a container that is there for its volume's files alone, and goes when nobody looks at them. */
const LENT = 'ramet.lent'

export const isLent = ({ Labels }: ContainerSummary): boolean => LENT in Labels

/** One that runs, rather: its files are there at once. */
export function placeOf(containers: readonly ContainerSummary[], volume: string): Place | undefined {
  const places = containers.flatMap((container) =>
    container.Mounts.filter(({ Type, Name }) => Type === 'volume' && Name === volume).map(
      ({ Destination }): Place => ({ container, folder: Destination }),
    ),
  )
  return places.find(({ container }) => isLive(container)) ?? places[0]
}

/** A container that has the volume and never runs. Any image will do: nothing of it is executed. */
export async function lendContainer(volume: string, image: string | undefined): Promise<string> {
  if (!image) throw new EngineError('IMAGE_NOT_FOUND', text.resources.volumes.needsImage)
  const mount = { Type: 'volume', Source: volume, Target: FOLDER, VolumeOptions: { NoCopy: true } }
  const made = await call<{ Id: string }>('POST', '/containers/create', {
    query: { name: `files-of-${volume.replace(/[^\w.-]/g, '-')}` },
    body: { Image: image, Cmd: ['-'], Labels: { [LENT]: '' }, HostConfig: { Mounts: [mount] } },
  })
  return made.Id
}
