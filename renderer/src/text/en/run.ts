export const title = 'Run a container'
export const recreateTitle = (name: string) => `Recreate ${name}`
export const image = 'Image'
export const imageHint = 'One that is here, or any that can be pulled.'
export const imagePlaceholder = 'redis:7'
export const name = 'Name'
export const namePlaceholder = 'made up when empty'
export const command = 'Command'
export const commandPlaceholder = 'as the image says'
export const ports = 'Ports'
export const port = {
  host: 'Port on this computer',
  container: 'Port in the container',
  any: 'any',
  protocol: 'tcp or udp',
}
export const env = 'Environment'
export const envName = 'Variable'
export const envValue = 'Value'
export const volumes = 'Mounts'
export const volume = { source: 'Volume or folder', target: 'Folder in the container', readOnly: 'Read-only' }
export const memory = 'Memory'
export const memoryPlaceholder = '512m'
export const cpus = 'CPUs'
export const cpusPlaceholder = '1'
export const restart = 'Restart'
export const restarts = {
  no: 'Never',
  'on-failure': 'When it fails',
  'unless-stopped': 'Unless stopped',
  always: 'Always',
}
export const warm = 'Keep warm'
export const warmHint =
  'The first container is frozen with its application running; later ones of the same settings start from there.'
export const warmths = {
  off: 'No',
  healthy: 'Once it is healthy',
  'after=30s': '30 seconds after its start',
  'after=5m': '5 minutes after its start',
}
export const network = 'Network'
export const tty = 'Terminal (-it)'
export const remove = 'Remove when it ends'
export const add = {
  ports: 'Publish a port',
  env: 'Set a variable',
  volumes: 'Mount a volume',
  limits: 'Set limits',
  more: 'More settings',
}
export const removeRow = (what: string) => `Remove ${what}`
export const line = 'The same for docker'
export const paste = 'Paste a docker run line'
export const pasteTitle = 'From a docker run line'
export const pasteHint =
  'Paste it as it stands. What this form does not have is kept and sent all the same, or refused by name.'
export const take = 'Fill the form'
export const start = 'Run'
export const starting = 'Starting…'
export const recreate = 'Recreate'
export const recreateDetail =
  'The container is stopped, and a new one takes its place and its volumes. Once that one runs the old one is removed, and with it what it wrote outside of volumes. Where the new one does not start, the old one comes back.'
export const recreateGoing =
  'The container is stopped, and a new one takes its place. It was told to go when it ends: it does not come back where the new one does not start, and what it wrote outside of volumes is lost.'
export const saveLaunch = 'Save as quick launch'
export const saved = 'Saved as a quick launch'
export const launches = 'Quick launches'
export const launchesEmpty = 'Runs you save appear here and in the tray, one click away.'
export const launch = (title: string) => `Launch ${title}`
export const pin = (title: string) => `Pin ${title}`
export const unpin = (title: string) => `Unpin ${title}`
export const forgotten = (title: string) => `${title} is forgotten`
export const forget = (title: string) => `Forget ${title}`
export const started = (name: string) => `${name} runs`
export const openIt = 'Open'
export const needsImage = 'Say which image'
export const errors = {
  noCommand: 'This is not a docker run line: it must begin with “docker run”.',
  quote: 'A quotation mark is not closed.',
  unknownFlag: (flag: string) => `The flag ${flag} is not known here.`,
  noValue: (flag: string) => `The flag ${flag} needs a value.`,
  value: (flag: string, value: string) => `The flag ${flag} does not take ‘${value}’.`,
  noImage: 'There is no image in this line.',
  port: (port: string) => `‘${port}’ is not a port: write a number from 1 to 65535.`,
  size: (size: string) => `‘${size}’ is not a size: write 512m or 2g.`,
  number: (value: string) => `‘${value}’ is not a number.`,
}
