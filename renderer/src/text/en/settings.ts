export const title = 'Settings'
export const appearance = 'Appearance'
export const theme = 'Theme'
export const themes = { system: 'As the system', light: 'Light', dark: 'Dark' }
export const engine = 'Engine'
export const facts = {
  version: 'Version',
  accelerator: 'Acceleration',
  libvirt: 'libvirt',
  qemu: 'QEMU',
  kernel: 'Guest kernel',
  home: 'Data',
  pid: 'Process',
}
export const accelerators = {
  kvm: 'KVM (hardware)',
  tcg: 'Software emulation: slow, and no isolation is claimed',
}
export const docker = 'Docker'
export const dockerHint = 'Point docker, compose and your test suites at Ramet:'
export const dockerForGood = 'Or for good, as a docker context:'
export const logs = 'Logs'
export const wrap = 'Wrap long lines'
export const desktop = 'Desktop'
export const startAtLogin = 'Start at login'
export const keepInTray = 'Stay in the tray when the window closes'
export const notifications = 'Notify when'
export const notificationKinds = {
  exited: 'a container ends with an error',
  unhealthy: 'a container becomes unhealthy',
  outOfMemory: 'a container runs out of memory',
  pulled: 'a pull is done',
}
export const noTray =
  'This desktop shows no tray icons; the menu of the application’s launcher has the quick launches.'
export const browserOnly =
  'Start at login, the tray and notifications belong to the desktop application; this is the browser console.'
export const engineSettings = {
  title: 'Engine, from its next start on',
  warm: 'Keep warm',
  warmHint:
    'When the first container of an image and settings is frozen, so that those like it start from there with their application running. The label ramet.warm says it for one.',
  warmths: {
    off: 'No',
    healthy: 'Once it is healthy',
    'after=30s': '30 seconds after its start',
    'after=5m': '5 minutes after its start',
  },
  accelerator: 'Acceleration',
  acceleratorHint: 'KVM wherever it works is right for nearly everybody.',
  accelerators: { auto: 'KVM where it works', kvm: 'KVM alone', tcg: 'Software emulation' },
  memory: 'Memory of a container',
  memoryHint: 'Where it asks for none itself, as 1g or 512m.',
  cpus: 'CPUs of a container',
  cpusHint: 'Where it asks for none itself, as 2 or 0.5.',
  none: 'No limit',
  keepFree: 'Memory that stays free',
  keepFreeHint:
    'For you and your other programs, as 1g or 512m. A container that would leave less is not started, and says so. Counts at once.',
  registries: 'Registries without TLS',
  registriesHint: 'As host:port, with commas between. Only where you trust the network.',
  libvirtUri: 'libvirt connection',
  uriHint: 'Empty for the one that fits the user.',
  overridden: (variable: string) => `The engine was started with ${variable}, which counts instead.`,
  changed: 'Saved. It counts once the engine is started again.',
  where: (file: string) => `Kept in ${file}`,
}
export const keys = 'Keys'
export const shortcuts: [string, string][] = [
  ['Ctrl K', 'Search and commands'],
  ['Ctrl N', 'Run a container'],
  ['/', 'Search this page'],
  ['↑ ↓', 'Move in a list'],
  ['Enter', 'Open'],
  ['Space', 'Select'],
  [
    'G, then a letter',
    'Go to a page: M emory, C ontainers, I mages, T emplates, V olumes, N etworks, A ctivity, S ettings, H ealth',
  ],
]

export const doctor = {
  title: 'Health of this computer',
  again: 'Check again',
  checking: 'Checking…',
  ok: 'Everything that Ramet needs is here.',
  failed: 'Something that Ramet needs is missing.',
  warned: 'Ramet works here, with reservations.',
  /** By what the engine calls them; programs keep their own names. */
  names: { accelerator: 'Acceleration', groups: 'Groups', disk: 'Disk', memory: 'Memory' } as Record<
    string,
    string
  >,
  status: { ok: 'good', warning: 'could be better', failed: 'missing' },
}
export const welcome = {
  title: 'Welcome to Ramet',
  detail:
    'Every container is a small machine of its own that costs almost nothing. First, what this computer has:',
  next: 'Run the first container',
  done: 'Show me the memory',
}
