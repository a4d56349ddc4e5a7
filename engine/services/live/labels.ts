import type { Image } from '../../../contract/image.ts'

/** Of a warm image: the template that holds its memory, and the image that it was made from. */
export const WARM_TEMPLATE = 'ramet.warm.template'
export const WARM_BASE = 'ramet.warm.base'

/** The template of a warm image; undefined of any other. */
export function warmTemplateOf(image: Image): string | undefined {
  return image.config.Labels?.[WARM_TEMPLATE]
}

/** The image whose files a VM maps: a warm image has those of the one that it was made from. */
export function baseImageOf(image: Image): string {
  return (warmTemplateOf(image) && image.config.Labels?.[WARM_BASE]) || image.id
}

/** Without what makes a warm image of it. */
export function withoutWarmLabels(labels: Record<string, string> = {}): Record<string, string> {
  const { [WARM_TEMPLATE]: _template, [WARM_BASE]: _base, ...rest } = labels
  return rest
}
