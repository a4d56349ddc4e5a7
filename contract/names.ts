/** How ids and names are written, for people and for the API. */

import type { ContainerSummary } from './docker.ts'

/** An id, or a digest, as people read it. */
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12)

/** A container's name without Docker's slash before it; while it is removed it may have none, and goes by its id. */
export const nameOf = ({ Names, Id }: ContainerSummary): string => Names[0]?.replace(/^\//, '') ?? shortId(Id)

/** A name as a part of a path; slashes stay, as the API has them in the names of images. */
export const pathOf = (name: string): string => name.split('/').map(encodeURIComponent).join('/')

/** Name and tag, or name and digest; the second is empty where there is none. A port in the registry's part is no tag. */
export function splitReference(reference: string): { repo: string; tag: string } {
  const at = reference.indexOf('@')
  if (at >= 0) return { repo: reference.slice(0, at), tag: reference.slice(at + 1) }
  const colon = reference.lastIndexOf(':')
  if (colon <= reference.lastIndexOf('/')) return { repo: reference, tag: '' }
  return { repo: reference.slice(0, colon), tag: reference.slice(colon + 1) }
}

/** With `:latest` where the reference has neither tag nor digest. */
export const withTag = (reference: string): string =>
  splitReference(reference).tag ? reference : `${reference}:latest`
