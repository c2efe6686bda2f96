import { Block } from './block.js'
import { element } from './element.js'

/** The progress of restoring saved sessions, as long as it runs. */
export class RestoreBar {
  #language
  #block

  /** @param {import('./language.js').Language} language */
  constructor(language) {
    this.#language = language
    this.#block = new Block(element('div', { class: 'banner-slot' }))
    this.root = this.#block.root
  }

  /** @param {import('./api.js').RestoreProgress | null} progress */
  update(progress) {
    const isRunning = progress !== null && !progress.finished && progress.total > 0
    this.#block.show(isRunning ? progress : null, () => (isRunning ? [this.#bar(progress)] : []))
  }

  /** @param {import('./api.js').RestoreProgress} progress */
  #bar({ done, total }) {
    const t = this.#language.translate
    return element(
      'section',
      { class: 'restore', 'aria-label': t('restore.title') },
      element(
        'div',
        { class: 'restore-text' },
        element('label', { for: 'restore-progress' }, t('restore.title')),
        element('span', { class: 'figures' }, t('restore.progress', { done, total })),
      ),
      element('progress', { id: 'restore-progress', max: total, value: done }),
    )
  }
}
