// The rooms of the console: what the navigation, the keyboard and the search offer.
export interface Room {
  room: string;
  name: string;
  key: string;
}

export const rooms: readonly Room[] = [
  { room: "outcomes", name: "Outcomes", key: "o" },
  { room: "plant", name: "Plant", key: "p" },
  { room: "decisions", name: "Decisions", key: "d" },
  { room: "models", name: "Models", key: "m" },
  { room: "data", name: "Data", key: "a" },
  { room: "system", name: "System", key: "s" },
];
