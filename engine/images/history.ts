import type { StoredImage } from './stored-image.ts'

/** One step of how an image was built. */
export interface HistoryStep {
  /** RFC 3339; absent where the image does not say. */
  created?: string
  createdBy: string
  comment: string
  /** Bytes of the layer as stored; 0 where the step made none. */
  size: number
}

/**
 * The steps of an image, newest first. Builders may leave steps out: layers that no step speaks of come last of all,
 * as nameless steps, so that the sizes are always those of all layers.
 */
export function historyOf({ manifest, config }: StoredImage): HistoryStep[] {
  let layer = 0
  const steps = config.history.map(({ created, createdBy = '', comment = '', emptyLayer }): HistoryStep => {
    const size = emptyLayer ? 0 : (manifest.layers[layer++]?.size ?? 0)
    return { ...(created && { created }), createdBy, comment, size }
  })
  const rest = manifest.layers.slice(layer).map(({ size }) => ({ createdBy: '', comment: '', size }))
  return [...steps, ...rest].reverse()
}
