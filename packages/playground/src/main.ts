import { themeFor } from 'overparam/figures';
import { element } from './elements.ts';
import { openRoom, type Open } from './open-room.ts';
import type { Room } from './room.ts';
import './style.css';

/** The rooms, each loaded when it is entered. */
const rooms: Readonly<Record<string, { readonly title: string; load(): Promise<{ readonly room: unknown }> }>> = {
  classifier: { title: 'Line searches', load: () => import('./rooms/classifier/room.ts') },
  'gauss-newton': { title: 'Gauss-Newton', load: () => import('./rooms/gauss-newton/room.ts') },
  heads: { title: 'Attention heads', load: () => import('./rooms/heads/room.ts') },
  particles: { title: 'Particles', load: () => import('./rooms/particles/room.ts') },
};
const first = Object.keys(rooms)[0]!;

document.head.append(element('style', {}, themeFor(':root')));
const place = document.querySelector<HTMLElement>('#room')!;
const links = new Map(
  Object.entries(rooms).map(([name, { title }]) => [name, element('a', { href: `#/${name}` }, title)]),
);
document.querySelector('#rooms')!.append(...[...links.values()].map((link) => element('li', {}, link)));

let open: Open | undefined;
/** The address that the page shows, so that its own changes are not followed. */
let shown = '';

/** `#/classifier?seed=3` */
async function follow(): Promise<void> {
  if (location.hash === shown && open) return;
  shown = location.hash;
  const [, name = '', query = ''] = /^#\/([\w-]*)(?:\?(.*))?$/.exec(shown) ?? [];
  const chosen = Object.hasOwn(rooms, name) ? name : first;
  open?.leave();
  open = undefined;
  delete place.dataset['position'];
  place.replaceChildren(element('p', { role: 'status' }, 'Loading …'));
  for (const [name, link] of links) {
    if (name === chosen) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.title = `${rooms[chosen]!.title} · overparam playground`;
  const entering = shown;
  let room: unknown;
  try {
    ({ room } = await rooms[chosen]!.load());
  } catch (error) {
    const said = `This room could not be loaded: ${(error as Error).message}. Reload the page.`;
    return place.replaceChildren(element('p', { role: 'alert', class: 'error' }, said));
  }
  if (entering !== shown) return;
  open = openRoom(room as Room, place, query, (query) => {
    shown = `#/${chosen}${query ? `?${query}` : ''}`;
    history.replaceState(null, '', shown);
  });
}

addEventListener('hashchange', () => void follow());
void follow();
