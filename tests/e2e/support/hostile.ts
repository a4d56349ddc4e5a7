/** Text that would run as markup. */
export const MARKUP = `<img src=x onerror="alert('owned')">`
/** Text that would do harm as markup, as the end of a script, on a terminal, and by turning what follows around. */
export const HOSTILE = `${MARKUP}]]>\u001b[2J\u001b]0;owned\u0007\u202eexe`
/** The same as people are to read it. */
export const SHOWN = `${MARKUP}]]>�[2J�]0;owned��exe`

/** For a line of a shell, between single quotes. */
export const inShell = (text: string): string => text.replaceAll("'", '')
