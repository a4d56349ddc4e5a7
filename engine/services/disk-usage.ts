import type { ImageSummary } from '../../contract/docker-images.ts'

/** What each image takes on disk, and all of them: see the image store's `usage`. */
interface Usage {
  images: { id: string; size: number; shared: number }[]
  total: number
}

/** Rows of a list of images with what they take on disk in place of the size of what was pulled. */
export function withUsage(
  rows: ImageSummary[],
  { images, total }: Usage,
): { Images: ImageSummary[]; LayersSize: number } {
  const byId = new Map(images.map((usage) => [usage.id, usage]))
  const Images = rows.flatMap((row) => {
    const usage = byId.get(row.Id)
    // One that came or went between the list and the count.
    return usage ? [{ ...row, Size: usage.size, SharedSize: usage.shared }] : []
  })
  return { Images, LayersSize: total }
}
