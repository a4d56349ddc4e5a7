/** What a guest's kernel and agent said on its console: warnings and errors. */
export interface BootLog {
  /** While the template was booted that the machine started from; of a machine that booted by itself nothing. */
  template: string
  /** What the machine itself has said since it runs; the end of it, where it is long. */
  machine: string
}
