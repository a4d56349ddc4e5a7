import type { App } from 'electron'

/** Serves: navigation, new windows and web views are denied. Whatever page there is stays the one that was loaded. */
export function guardWebContents({ app }: { app: App }, log: (message: string) => void): void {
  app.on('web-contents-created', (_event, contents) => {
    const deny = (event: { preventDefault(): void }, what: string): void => {
      event.preventDefault()
      log(`denied ${what}`)
    }
    contents.on('will-navigate', (event) => deny(event, `navigation to ${event.url}`))
    contents.on('will-frame-navigate', (event) => deny(event, `navigation of a frame to ${event.url}`))
    contents.on('will-redirect', (event) => deny(event, `a redirect to ${event.url}`))
    contents.on('will-attach-webview', (event) => deny(event, 'a web view'))
    contents.setWindowOpenHandler(({ url }) => {
      log(`denied a window for ${url}`)
      return { action: 'deny' }
    })
  })
}
