export const fork = 'Fork'
export const forkSeveral = 'Fork several…'
export const freeze = 'Freeze to an image…'
export const take = 'Take a checkpoint'
export const forkOf = (name: string) => `Fork ${name}`
export const forkSeveralOf = (name: string) => `Fork ${name} several times…`
export const freezeOf = (name: string) => `Freeze ${name} to an image…`
export const takeOf = (name: string) => `Take a checkpoint of ${name}`
export const rewindOf = (name: string) => `Checkpoints of ${name}`
export const show = 'Show'

export const forking = (name: string, n: number) => `Fork ${name}${n > 1 ? ` ${n} times` : ''}`
export const freezing = (name: string, image: string) => `Freeze ${name} to ${image}`
export const taking = (name: string) => `Take a checkpoint of ${name}`
export const rewinding = (name: string, checkpoint: string) => `Rewind ${name} to ${checkpoint}`
export const forked = (names: string[]) =>
  names.length === 1
    ? `${names[0]} runs`
    : names.length <= 5
      ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)} run`
      : `${names.length} forks run`
export const frozen = (image: string, ms: number) =>
  `${image} is a warm image now; the container stood still for ${Math.round(ms)} ms`
export const taken = (name: string) => `A checkpoint of ${name} is taken; it goes on`
export const rewound = (name: string, checkpoint: string) => `${name} goes on from ${checkpoint}`

export const dialog = {
  title: (name: string) => `Fork ${name}`,
  hint: 'Live copies, memory and disk as they are at this instant. The container goes on.',
  count: 'How many',
  name: 'Name',
  nameHint: (name: string, n: number) =>
    n > 1 ? `${name || 'name'}-1 to ${name || 'name'}-${n}` : 'Empty for one that is made up.',
  badCount: (most: number) => `Write a whole number from 1 to ${most}.`,
  ports: 'Ports',
  noPorts: 'It publishes none.',
  free: 'a free one',
  each: 'Each copy gets free ones.',
  publish: (port: string) => `Publish ${port}`,
  hostPort: (port: string) => `Port on this computer for ${port}`,
  remove: 'Remove each when it ends',
  submit: (n: number) => (n === 1 ? 'Fork' : `Fork ${n} times`),
  badPort: (port: string) => `‘${port}’ is not a port: write a number from 1 to 65535.`,
}

export const freezeDialog = {
  title: (name: string) => `Freeze ${name} to an image`,
  hint: 'Containers of this image start as this one is now: its processes running, its memory warm. It goes on.',
  reference: 'Image',
  submit: 'Freeze',
}

export const checkpoints = {
  label: 'Checkpoints',
  hint: 'An instant of memory and disk that the container can go back to. They share all that has not changed, and go with the container.',
  name: 'Name of the checkpoint',
  placeholder: 'a name, if it needs one',
  take: 'Take a checkpoint',
  taken: 'Taken',
  size: 'On disk',
  emptyTitle: 'No checkpoints yet',
  emptyDetail:
    'Take one before a risky step: a migration, an upgrade, a test. The container stands still for a moment and goes on.',
  notRunning: 'A checkpoint is taken of a container that runs.',
  rewind: 'Rewind',
  rewindTo: (name: string) => `Rewind to ${name}`,
  rewindTitle: (container: string, checkpoint: string) => `Rewind ${container} to ${checkpoint}?`,
  rewindDetail: (when: string) =>
    `Memory and files go back to how they were ${when}. What happened since is lost, and connections break.`,
  remove: (name: string) => `Remove ${name}`,
  removeTitle: (name: string) => `Remove the checkpoint ${name}?`,
  removeDetail: 'The container cannot go back to it any more. It goes on unchanged.',
}

export const lineage = {
  image: 'image',
  template: 'template',
  kinds: {
    image: 'template',
    warm: 'warm image',
    fork: 'fork',
    checkpoint: 'checkpoint',
    healthy: 'started warm',
  },
  gone: 'removed',
  here: 'this one',
  cold: 'booted cold: shares memory with nobody',
  never: 'has not run yet',
  more: (n: number) => `and ${n} more`,
  label: 'Where this container comes from, and what came of it',
  ofContainer: (name: string) => `of ${name}`,
}
