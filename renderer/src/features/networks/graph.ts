export interface Member {
  id: string
  name: string
  networks: string[]
}

const ROW = 44
const LABELS = 150
const NAMES = 96
const LONGEST = 18

/** On bridge each is alone with its way out. */
const ISOLATING = ['bridge', 'none']

const cut = (name: string): string => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name)

/** Where everything stands on a plane of this width. Networks that nobody is on are left out. */
export function networkGraph(
  networks: readonly { name: string }[],
  members: readonly Member[],
  width: number,
) {
  const used = networks.filter(({ name }) => members.some((member) => member.networks.includes(name)))
  const lines = used.map(({ name }, at) => ({
    name,
    label: cut(name),
    isolating: ISOLATING.includes(name),
    y: NAMES + 24 + at * ROW,
  }))
  const step = Math.min(110, (width - LABELS - 60) / Math.max(1, members.length))
  const stops = members.map(({ id, name, networks: on }, at) => {
    const rows = lines.filter((line) => on.includes(line.name)).map(({ y }) => y)
    return {
      id,
      name: cut(name),
      x: LABELS + 30 + at * step,
      on: rows,
      top: NAMES,
      bottom: Math.max(NAMES, ...rows),
    }
  })
  return {
    lines,
    stops,
    left: LABELS,
    namesAt: NAMES - 6,
    height: NAMES + 24 + Math.max(1, lines.length) * ROW,
  }
}
