import { element } from './elements.ts';
import { parsed, type Field, type Fields, type Settings } from './settings.ts';

export interface Form<F extends Fields> {
  readonly element: HTMLElement;
  /** Shows these settings. */
  show(settings: Settings<F>): void;
}

/** Controls for the fields; `changed` receives the settings after each valid change. */
export function form<F extends Fields>(fields: F, changed: (settings: Settings<F>) => void): Form<F> {
  let now = {} as Settings<F>;
  const parts = Object.entries(fields).map(([name, field]) =>
    control(name, field, (value) => changed((now = { ...now, [name]: value }))),
  );
  const made = element('form', { class: 'settings', onsubmit: (event) => event.preventDefault() });
  made.append(...parts.map((part) => part.element));
  return {
    element: made,
    show(settings) {
      now = settings;
      Object.keys(fields).forEach((name, i) => parts[i]!.show(settings[name]));
    },
  };
}

interface Control {
  readonly element: HTMLElement;
  show(value: unknown): void;
}

function control(name: string, field: Field, changed: (value: unknown) => void): Control {
  if (field.kind === 'some') return checkboxes(name, field, changed);
  const input =
    field.kind === 'one'
      ? element('select', { name }, ...Object.entries(field.options).map(([value, text]) => element('option', { value }, text))) // prettier-ignore
      : field.kind === 'text'
        ? element('input', { name, type: 'text', spellcheck: 'false', autocomplete: 'off' })
        : element('input', { name, type: 'number', min: field.least, max: field.most, step: field.whole ? 1 : 'any' });
  const told = element('span', { class: 'invalid', id: `${name}-invalid` });
  input.addEventListener('change', () => {
    try {
      const value = parsed(name, field, input.value);
      told.textContent = '';
      input.removeAttribute('aria-invalid');
      changed(value);
    } catch (error) {
      told.textContent = (error as Error).message;
      input.setAttribute('aria-invalid', 'true');
    }
  });
  input.setAttribute('aria-describedby', told.id);
  return {
    element: element(
      'label',
      field.kind === 'text' ? { class: 'wide' } : {},
      element('span', {}, field.label),
      input,
      told,
    ),
    show(value) {
      input.value = String(value);
      told.textContent = '';
      input.removeAttribute('aria-invalid');
    },
  };
}

/** At least one of them is checked. */
function checkboxes(
  name: string,
  { label, options }: Extract<Field, { kind: 'some' }>,
  changed: (value: unknown) => void,
): Control {
  const boxes = Object.keys(options).map((value) => element('input', { type: 'checkbox', name, value }));
  const values = (): string[] => boxes.filter((box) => box.checked).map((box) => box.value);
  for (const box of boxes)
    box.addEventListener('change', () => {
      if (values().length === 0) box.checked = true;
      else changed(values());
    });
  return {
    element: element(
      'fieldset',
      {},
      element('legend', {}, label),
      ...boxes.map((box) => element('label', {}, box, options[box.value]!)),
    ),
    show(value) {
      for (const box of boxes) box.checked = (value as readonly string[]).includes(box.value);
    },
  };
}
