// What each room is for and how to read it, by role: shown at the foot of the page and behind `?`.
export type Role = "Operations manager" | "OT engineer" | "Data scientist";
export interface Guide {
  about: string;
  keys: readonly (readonly [string, string])[];
  roles: Readonly<Record<Role, string>>;
}

/** Everywhere; the rooms' own letters are added from the list of rooms. */
export const everywhere: readonly (readonly [string, string])[] = [
  ["/", "find a room, asset, signal or model"],
  ["?", "this help"],
  ["Tab", "the next thing on the page"],
  ["Esc", "close, or one step back"],
];

const walking = [
  ["j", "next"],
  ["k", "previous"],
] as const;

/** By the room's title. */
export const guides: Readonly<Record<string, Guide>> = {
  Outcomes: {
    about: "One KPI for each use case: what it was before (baseline), what is wanted (target), what it is now.",
    keys: [],
    roles: {
      "Operations manager":
        "The first line is the answer. Baseline and target stand in the use case file, which you own. A guard is what must not get worse meanwhile. The numbers along the top of a chart are events; the list below says which.",
      "OT engineer":
        "Counted from the work orders that the plant sends (roles work_order and finding in the use case file). Without them nothing is counted.",
      "Data scientist":
        "A mark of kind model says when another version began to decide: compare the curve before and after it.",
    },
  },
  Plant: {
    about: "Every asset with its health; open one to see its signals.",
    keys: [...walking, ["Enter", "open the asset"], ["Esc", "back to all assets, or from a range to now"]],
    roles: {
      "Operations manager":
        "▲ asks for something. The large number is what the model expects to be left; open the asset, then its decisions, to see why.",
      "OT engineer":
        "Under each curve lies a band: thin is good, half is uncertain, full is bad, nothing is a gap. When an asset is silent, System says whether its gateway is online.",
      "Data scientist":
        "Drag over a chart to choose a range; it stands in the address, which you can send to somebody. Bad values leave the curve but stay in the lake.",
    },
  },
  Decisions: {
    about: "What was advised, from which inputs, by which model, and whether people found it right.",
    keys: [...walking, ["r", "it was right"], ["w", "it was wrong"], ["u", "unsure"], ["Esc", "back to the list"]],
    roles: {
      "Operations manager":
        "Walk through the list and judge what you know about: one key a decision. Your verdict is kept with it.",
      "OT engineer":
        "The trace leads from the decision to the device and the use case that made it. No advice means: inputs missing or too bad, or out of time; the reason says which.",
      "Data scientist":
        "“Moves it by” is the prediction minus the prediction with that input at its typical value, one input at a time. An input is called signal.statistic, over the window of the use case: slope is the trend per row, trend_end where the trend ends, mean_5 the mean of the newest 5 rows, delta_first_10 the change since the first 10 rows of the life.",
    },
  },
  Models: {
    about: "The versions of each model, whether they passed their gates, and what they learned from.",
    keys: [],
    roles: {
      "Operations manager":
        "Gates are the limits that the use case sets. Only a version that passed all of them can be approved, and only an approved one decides.",
      "OT engineer": "System shows which device runs which version. A device takes it by the hash of its content.",
      "Data scientist":
        "Metrics are of rows that training did not see. The dataset is a snapshot of the lake: with its number and the code's commit the training can be repeated.",
    },
  },
  Data: {
    about: "Every signal with its unit, its quality and how far back it goes; and the lake to ask.",
    keys: [["Ctrl Enter", "run the query"]],
    roles: {
      "Operations manager": "The share of good values says how far the numbers in the other rooms can be believed.",
      "OT engineer":
        "“Found” counts what the checks saw: missing, stuck, out of range, spikes, late, clock skew, duplicates. Repair it where it is measured: nothing is mended here.",
      "Data scientist":
        "Tables: signals, samples, decisions, work_orders, labels, events, kpis. The query stands in the address; any DuckDB can read the lake beside the platform.",
    },
  },
  System: {
    about: "Whether Millrace itself is well: who is connected, how much comes in, how far behind it is.",
    keys: [],
    roles: {
      "Operations manager": "All nodes online, no problems and no gaps: then what the other rooms say is complete.",
      "OT engineer":
        "A problem is what fails now and is tried again, such as storing on a full disk: it says what to do, and nothing is lost meanwhile. Seen is when a node last sent something. A gap is what could not be kept: the lake's events say from when to when. “Sent twice” is harmless: it is stored once.",
      "Data scientist": "Source to lake is the age of the newest sample when it is committed: queries see it from then on.",
    },
  },
};
