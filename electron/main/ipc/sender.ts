import type { IpcMainInvokeEvent } from 'electron'

/** The window's only origin. */
export const APP_SCHEME = 'app'
export const APP_HOST = 'ramet'
export const APP_URL = `${APP_SCHEME}://${APP_HOST}/`

/** True for the window's own page: exactly its origin, in the main frame of its contents. */
export function isTrusted({ sender, senderFrame }: IpcMainInvokeEvent): boolean {
  if (!senderFrame || senderFrame !== sender.mainFrame || senderFrame.parent !== null) return false
  return isAppUrl(senderFrame.url)
}

export function isAppUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url) return false
  const { protocol, host, username, password } = url
  return protocol === `${APP_SCHEME}:` && host === APP_HOST && username === '' && password === ''
}
