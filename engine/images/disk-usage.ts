import { blobsOf, type StoredImage } from './stored-image.ts'

export interface ImageUsage {
  id: string
  /** Bytes on disk of all that belongs to the image: its blobs, and the file that VMs map. */
  size: number
  /** Of these the bytes in blobs that other images have too. */
  shared: number
  /** Of these the bytes of the file that VMs map; 0 where there is none yet. */
  unpacked: number
}

/** What each image takes, and all of them together, a blob that several have counted once. `erofsBytes`: see ErofsCache. */
export function usageOf(
  images: StoredImage[],
  erofsBytes: ReadonlyMap<string, number>,
): { images: ImageUsage[]; total: number } {
  const users = new Map<string, number>()
  const sizes = new Map<string, number>()
  for (const { digest, size } of images.flatMap(blobsOf)) {
    users.set(digest, (users.get(digest) ?? 0) + 1)
    sizes.set(digest, size)
  }
  const rows = images.map((image) => {
    const blobs = blobsOf(image)
    const common = blobs.filter(({ digest }) => users.get(digest)! > 1)
    const erofs = erofsBytes.get(image.id) ?? 0
    return {
      id: image.id,
      size: sum(blobs.map(({ size }) => size)) + erofs,
      shared: sum(common.map(({ size }) => size)),
      unpacked: erofs,
    }
  })
  return { images: rows, total: sum([...sizes.values()]) + sum([...erofsBytes.values()]) }
}

const sum = (values: number[]): number => values.reduce((all, each) => all + each, 0)
