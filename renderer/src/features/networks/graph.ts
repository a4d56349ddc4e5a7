export interface Member {
  id: string
  name: string
  networks: string[]
}

const ROW = 44
/** As wide as a letter is, at most. */
const LETTER = 7.4
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
  const longest = (names: string[]): number => Math.max(0, ...names.map((name) => cut(name).length)) * LETTER
  const used = networks.filter(({ name }) => members.some((member) => member.networks.includes(name)))
  const left = longest(used.map(({ name }) => name)) + 22
  // Names of stops rise at 38 degrees.
  const head = 18 + 0.62 * longest(members.map(({ name }) => name))
  const lines = used.map(({ name }, at) => ({
    name,
    label: cut(name),
    isolating: ISOLATING.includes(name),
    y: head + 24 + at * ROW,
  }))
  const step = Math.min(110, (width - left - 60) / Math.max(1, members.length))
  const stops = members.map(({ id, name, networks: on }, at) => {
    const rows = lines.filter((line) => on.includes(line.name)).map(({ y }) => y)
    return {
      id,
      name: cut(name),
      x: left + 30 + at * step,
      on: rows,
      top: head,
      bottom: Math.max(head, ...rows),
    }
  })
  return {
    lines,
    stops,
    left,
    namesAt: head - 6,
    height: head + 24 + Math.max(1, lines.length) * ROW,
  }
}
