// How the window looks on this computer: theme, density, zoom. Kept in localStorage; nothing of it is personal.

import { brandColours, type Theme } from './brand';

export type ThemeChoice = 'system' | Theme;
export type Density = 'compact' | 'comfortable';

export const ZOOMS = [0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2] as const;
const KEY = 'frontdesk.appearance';
const ROOT_PX = 16;

interface Stored {
  theme: ThemeChoice;
  density: Density;
  zoom: number;
}

const DEFAULTS: Stored = { theme: 'system', density: 'compact', zoom: 1 };

class Appearance {
  theme = $state<ThemeChoice>(DEFAULTS.theme);
  density = $state<Density>(DEFAULTS.density);
  zoom = $state(DEFAULTS.zoom);
  #systemIsDark = $state(false);

  /** What is really drawn. */
  readonly shown = $derived<Theme>(this.theme === 'system' ? (this.#systemIsDark ? 'dark' : 'light') : this.theme);

  constructor() {
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    this.#systemIsDark = system.matches;
    system.addEventListener('change', (change) => {
      this.#systemIsDark = change.matches;
    });
    const stored = read();
    this.theme = stored.theme;
    this.density = stored.density;
    this.zoom = stored.zoom;
  }

  setTheme(theme: ThemeChoice): void {
    this.theme = theme;
    this.#write();
  }

  setDensity(density: Density): void {
    this.density = density;
    this.#write();
  }

  setZoom(zoom: number): void {
    this.zoom = zoom;
    this.#write();
  }

  zoomIn(): void {
    this.setZoom(ZOOMS.find((zoom) => zoom > this.zoom) ?? this.zoom);
  }

  zoomOut(): void {
    this.setZoom(ZOOMS.findLast((zoom) => zoom < this.zoom) ?? this.zoom);
  }

  zoomReset(): void {
    this.setZoom(1);
  }

  /** Writes the choice onto the root element; call it in an effect. `brand` is null while no studio is open. */
  apply(brand: string | null): void {
    const root = document.documentElement;
    if (this.theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = this.theme;
    root.dataset['density'] = this.density;
    root.style.fontSize = `${ROOT_PX * this.zoom}px`;
    const names = { brand: '--brand', brandHover: '--brand-hover', onBrand: '--on-brand', bubbleOwn: '--bubble-own' };
    if (brand === null) {
      for (const name of Object.values(names)) root.style.removeProperty(name);
      return;
    }
    const colours = brandColours(brand, this.shown);
    root.style.setProperty(names.brand, colours.brand);
    root.style.setProperty(names.brandHover, colours.brandHover);
    root.style.setProperty(names.onBrand, colours.onBrand);
    root.style.setProperty(names.bubbleOwn, colours.bubbleOwn);
  }

  #write(): void {
    const stored: Stored = { theme: this.theme, density: this.density, zoom: this.zoom };
    try {
      window.localStorage.setItem(KEY, JSON.stringify(stored));
    } catch {
      // Storage may be off or full; the choice then lasts as long as the window.
    }
  }
}

function read(): Stored {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? 'null');
    if (typeof value !== 'object' || value === null) return DEFAULTS;
    const stored = value as Partial<Record<keyof Stored, unknown>>;
    return {
      theme: stored.theme === 'light' || stored.theme === 'dark' ? stored.theme : 'system',
      density: stored.density === 'comfortable' ? 'comfortable' : 'compact',
      zoom: ZOOMS.find((zoom) => zoom === stored.zoom) ?? 1,
    };
  } catch {
    return DEFAULTS; // what is there was not written by us
  }
}

export const appearance = new Appearance();
