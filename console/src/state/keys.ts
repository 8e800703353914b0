// Keyboard: `g` and a letter for rooms, `/` to find, `?` for help, page keys as the page says. Never while somebody
// types, nor behind an open dialog.
import { useEffect } from "react";

export type KeyMap = Record<string, () => void>;

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

let prefix = "";
let prefixUntil = 0;
const prefixMs = 1500;

/** "g" then "p" is the key "g p". Pure, so that it can be tested: returns the key meant, or "" while a prefix waits. */
export function meantKey(key: string, now: number): string {
  if (prefix !== "" && now < prefixUntil) {
    const whole = `${prefix} ${key}`;
    prefix = "";
    return whole;
  }
  if (key === "g") {
    prefix = "g";
    prefixUntil = now + prefixMs;
    return "";
  }
  return key;
}

const maps: KeyMap[] = [];
window.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const key = meantKey(event.key, Date.now());
  const action = maps.findLast((map) => map[key] !== undefined)?.[key];
  if (action === undefined) return;
  event.preventDefault();
  action();
});

export function useKeys(map: KeyMap): void {
  useEffect(() => {
    maps.push(map);
    return () => {
      maps.splice(maps.indexOf(map), 1);
    };
  }, [map]);
}
