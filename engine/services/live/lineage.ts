import type { Lineage } from '../../../contract/ramet.ts'
import type { ContainerService } from '../containers/containers.ts'
import { statusOf } from '../containers/record.ts'
import type { TemplateService } from '../templates.ts'

/** Who was forked from what: containers and templates, each with the one before it, where it is still known. */
export async function lineage(containers: ContainerService, templates: TemplateService): Promise<Lineage> {
  const stored = await templates.stored()
  return {
    templates: await Promise.all(
      stored.map(async ({ id, imageId, createdAt, live }) => ({
        id,
        kind: live?.kind ?? 'image',
        image: await templates.imageName(imageId),
        createdAt,
        ...(live ? { parent: live.parent, container: live.container } : {}),
        ...(live?.name ? { name: live.name } : {}),
      })),
    ),
    containers: containers.all().map(({ record, restarting }) => ({
      id: record.id,
      name: record.name,
      image: record.image.reference,
      status: statusOf(record, restarting),
      template: record.frozen ?? record.templateId,
      ...(record.parent ? { parent: record.parent } : {}),
    })),
  }
}
