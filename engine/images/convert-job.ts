import { ErofsImage } from './erofs/image.ts'
import { Output } from './erofs/output.ts'
import { LayerApplier } from './layers/apply.ts'
import { readLayer, type LayerBlob } from './layers/decompress.ts'
import { Tree } from './layers/tree.ts'
import { TarReader } from './tar/reader.ts'

export interface ConvertJob {
  /** Lowest first. */
  layers: LayerBlob[]
  /** File to make; it must not be there yet. */
  output: string
  /** Makes the file system's UUID: same job, same bytes. */
  seed: string
}

export interface ConvertResult {
  bytes: number
}

/**
 * Merges layers into one erofs file in a single pass over each. Contents go to the file as they are read; what a
 * higher layer hides is cleared again at the end. Rejects with an EngineError or the file system's error.
 */
export async function convertLayers(
  job: ConvertJob,
  onProgress: (layer: number, storedBytes: number) => void = () => {},
): Promise<ConvertResult> {
  const image = new ErofsImage(new Output(job.output))
  const tree = new Tree((file) => image.free(file))
  for (const [index, layer] of job.layers.entries()) {
    tree.beginLayer()
    const reader = new TarReader(new LayerApplier(tree, image))
    await readLayer(layer, {
      data: (chunk) => reader.push(chunk),
      progress: (bytes) => onProgress(index, bytes),
    })
    reader.end()
  }
  const bytes = image.finish(tree, job.seed)
  return { bytes }
}
