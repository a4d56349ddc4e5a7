import type { ImageSummary } from '../../contract/docker-images.ts'
import { EngineError } from '../../contract/errors.ts'
import { pathOf } from '../../contract/names.ts'
import type { EngineClient } from '../api/client.ts'
import { openArchive, refuseTerminal, writeArchive } from './archive-file.ts'
import { engine, print } from './common.ts'

const FOLDER = '/volume'

export async function exportVolume(volume: string, { output }: { output?: string }): Promise<void> {
  refuseTerminal(output)
  const client = await engine()
  await client.get(`/volumes/${pathOf(volume)}`)
  await withVolume(client, { volume, readOnly: true }, async (archive) => {
    const query = { path: `${FOLDER}/.` }
    await writeArchive(await client.stream('GET', archive, { query }), output)
  })
}

export async function importVolume(volume: string, { input }: { input?: string }): Promise<void> {
  const body = await openArchive(input)
  const client = await engine()
  await client.call('POST', '/volumes/create', { body: { Name: volume } })
  await withVolume(client, { volume, readOnly: false }, async (archive) => {
    await client.call('PUT', archive, { query: { path: FOLDER }, body })
  })
  print(`${volume}\n`)
}

/**
 * Lends a container that has the volume and never runs: owners and kinds of a volume's files are known in a VM, and
 * nothing of the image is executed for this, so that any image will do.
 */
async function withVolume(
  client: EngineClient,
  { volume, readOnly }: { volume: string; readOnly: boolean },
  work: (archive: string) => Promise<void>,
): Promise<void> {
  const [image] = await client.get<ImageSummary[]>('/images/json')
  if (!image) {
    throw new EngineError(
      'IMAGE_NOT_FOUND',
      'the files of a volume are reached through a VM, which needs an image, whichever: pull one first',
    )
  }
  const mount = {
    Type: 'volume',
    Source: volume,
    Target: FOLDER,
    ReadOnly: readOnly,
    VolumeOptions: { NoCopy: true },
  }
  const made = await client.call<{ Id: string }>('POST', '/containers/create', {
    body: { Image: image.Id, Cmd: ['-'], HostConfig: { Mounts: [mount] } },
  })
  const container = `/containers/${made!.Id}`
  try {
    await work(`${container}/archive`)
  } finally {
    await client.call('DELETE', container)
  }
}
