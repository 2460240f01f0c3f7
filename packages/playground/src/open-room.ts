import { isOverparamError } from '@overparam/core';
import { element } from './elements.ts';
import { form } from './form.ts';
import type { Room } from './room.ts';
import { fromAddress, initial, toAddress, type Fields, type Settings } from './settings.ts';
import { transport, type Position } from './transport.ts';

export interface Open {
  leave(): void;
}

const words: Readonly<Record<Position, string>> = {
  ready: 'Ready.',
  beginning: 'Beginning …',
  running: 'Running.',
  paused: 'Paused.',
  finished: 'Finished.',
  failed: 'Stopped by an error; Reset begins anew.',
};

/** The page of a room: what it is about, settings, start and pause, and the room's own part. */
export function openRoom<F extends Fields>(
  room: Room<F>,
  place: HTMLElement,
  query: string,
  addressed: (query: string) => void,
): Open {
  const { fields } = room;
  let settings: Settings<F> = initial(fields);

  const alert = element('p', { role: 'alert', class: 'error' });
  const fail = (error: unknown): void => {
    const said = error instanceof Error ? error.message : String(error);
    alert.textContent = isOverparamError(error) ? `${said} (${error.code})` : said;
  };
  const status = element('p', { role: 'status', class: 'status' });
  const button = (text: string, press: () => void): HTMLButtonElement =>
    element('button', { type: 'button', onclick: press }, text);
  const go = button('Start', () => {
    if (player.going) return player.pause();
    alert.textContent = '';
    void player.start();
  });
  go.classList.add('primary');
  const step = button('Step', () => {
    alert.textContent = '';
    void player.step();
  });
  const reset = button('Reset', () => anew(settings));
  const share = button('Copy link', () => {
    // Pages that are not served securely have no clipboard.
    const copied = async (): Promise<void> => navigator.clipboard.writeText(location.href);
    void copied().then(
      () => (share.textContent = 'Copied'),
      () => fail('The browser does not let this page copy: take the address from its bar, it says the same.'),
    );
  });

  const player = transport({
    begin: (signal) => furnished.begin(settings, signal),
    changed(position, text) {
      place.dataset['position'] = position;
      go.textContent = position === 'running' || position === 'beginning' ? 'Pause' : 'Start';
      go.disabled = step.disabled = position === 'finished' || position === 'failed';
      if (position === 'running' || position === 'beginning') step.disabled = true;
      status.textContent = `${words[position]} ${text}`;
      // While it runs, screen readers do not announce each step.
      status.setAttribute('aria-live', position === 'running' ? 'off' : 'polite');
    },
    failed: fail,
  });
  const anew = (changed: Settings<F>): void => {
    settings = changed;
    alert.textContent = '';
    share.textContent = 'Copy link';
    player.reset();
    addressed(toAddress(fields, settings));
    controls.show(settings);
    furnished.clear(settings);
  };
  const controls = form(fields, anew);
  const own = element('div', { class: 'own' });
  place.replaceChildren(
    element('h1', {}, room.title),
    ...room.about.map((text) => element('p', { class: 'about' }, text)),
    controls.element,
    element('div', { class: 'transport' }, go, step, reset, share, status),
    alert,
    own,
  );
  const furnished = room.furnish(own, {
    set(changes, keepRunning = false) {
      if (!keepRunning) return anew({ ...settings, ...changes });
      settings = { ...settings, ...changes };
      addressed(toAddress(fields, settings));
      controls.show(settings);
    },
  });
  let refused: unknown;
  try {
    settings = fromAddress(fields, query);
  } catch (error) {
    refused = error;
  }
  anew(settings);
  if (refused) fail(refused);
  return {
    leave() {
      player.reset();
      furnished.leave?.();
    },
  };
}
