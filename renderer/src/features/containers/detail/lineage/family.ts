import type { Lineage, TemplateKind } from '../../../../../../contract/ramet.ts'

/** A place in the tree of who was forked from what. */
export interface Kin {
  key: string
  kind: 'image' | 'template' | 'container' | 'warm' | 'checkpoint' | 'gone'
  /** Of images and containers; of a template its id. */
  name: string
  /** How a container came of the one above it; absent where it is a clone of an image's template. */
  from?: TemplateKind
  /** Of a container. */
  id?: string
  status?: string
  createdAt?: string
  here?: boolean
  children: Kin[]
  /** Others of its kind that are left out. */
  more?: number
}

type Container = Lineage['containers'][0]

/** Siblings that are shown beside it; of a hundred clones nobody reads all. */
const MOST = 8

/** The family of one container: from its image down to what came of it. */
export function familyOf(lineage: Lineage, id: string): Kin | undefined {
  const byId = new Map(lineage.containers.map((each) => [each.id, each]))
  const templates = new Map(lineage.templates.map((each) => [each.id, each]))
  const self = byId.get(id)
  if (!self) return undefined
  const line = new Set<string>()
  let first: Container = self
  for (; !line.has(first.id); first = byId.get(first.parent?.id ?? '') ?? first) line.add(first.id)

  const gone = first.parent && !byId.has(first.parent.id) ? first.parent : undefined
  const origin = gone ? templates.get(gone.template)?.parent : first.template
  const siblings = lineage.containers.filter((each) =>
    gone
      ? each.parent?.id === gone.id
      : !each.parent && first.template !== '' && each.template === first.template,
  )
  const shown = few(siblings.some((each) => each.id === first.id) ? siblings : [first, ...siblings], first)

  function container(each: Container, above: ReadonlySet<string>): Kin {
    const seen = new Set([...above, each.id])
    const children = lineage.containers.filter(
      ({ parent, id: its }) => parent?.id === each.id && !seen.has(its),
    )
    const kept = few(
      children,
      children.find((child) => line.has(child.id)),
    )
    const frozen = lineage.templates.filter(
      ({ kind, container: of }) => of?.id === each.id && (kind === 'checkpoint' || kind === 'warm'),
    )
    return {
      key: each.id,
      kind: 'container',
      id: each.id,
      name: each.name,
      status: each.status,
      from: each.parent && templates.get(each.parent.template)?.kind,
      here: each.id === id,
      children: [
        ...frozen.map(({ id: key, kind, name, image, createdAt }): Kin => ({
          key,
          kind: kind === 'warm' ? 'warm' : 'checkpoint',
          name: kind === 'warm' ? image : (name ?? ''),
          createdAt,
          children: [],
        })),
        ...kept.rows.map((child) => container(child, seen)),
      ],
      more: kept.more,
    }
  }

  const clones: Pick<Kin, 'children' | 'more'> = {
    children: shown.rows.map((each) => container(each, new Set())),
    more: shown.more,
  }
  const below: Kin[] = gone ? [{ key: gone.id, kind: 'gone', name: gone.name, ...clones }] : clones.children
  const more = gone ? undefined : clones.more
  const template: Kin[] = origin
    ? [{ key: origin, kind: 'template', name: origin, createdAt: templates.get(origin)?.createdAt, children: below, more }] // prettier-ignore
    : below
  return {
    key: 'image',
    kind: 'image',
    name: first.image,
    children: template,
    more: origin ? undefined : more,
  }
}

/** The first of them, the one that matters among them. */
function few(rows: Container[], kept: Container | undefined): { rows: Container[]; more?: number } {
  if (rows.length <= MOST) return { rows }
  const first = rows.slice(0, MOST)
  if (kept && !first.includes(kept)) first[MOST - 1] = kept
  return { rows: first, more: rows.length - MOST }
}
