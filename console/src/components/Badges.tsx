import type { Asset, Decision, Signal } from "../api/types";
import { words } from "./format";

type Tone = "good" | "warn" | "bad" | "quiet" | "accent";
interface Look {
  tone: Tone;
  shape: string;
  text: string;
}

/** Status is never told by colour alone: shape and word go with it. */
export function Badge({ tone, shape, text }: Look) {
  return (
    <span className={`badge ${tone}`}>
      <span aria-hidden="true">{shape}</span> {text}
    </span>
  );
}

const states: Record<Asset["state"], Look> = {
  running: { tone: "good", shape: "●", text: "running" },
  overhauled: { tone: "accent", shape: "◆", text: "overhauled" },
  failed: { tone: "bad", shape: "■", text: "failed" },
  stale: { tone: "quiet", shape: "○", text: "stale" },
  offline: { tone: "quiet", shape: "○", text: "offline" },
};

export function asksForSomething(advice: string | null): boolean {
  return advice !== null && advice !== "none" && advice !== "no_advice";
}

/** How an asset stands: whether anybody looks after it, what happened to it, else what is advised for it. */
export function healthOf(asset: Asset): Look {
  if (asset.use_cases.length === 0) return { tone: "quiet", shape: "○", text: "in no use case" };
  if (asset.state === "running" && asksForSomething(asset.advice))
    return { tone: "warn", shape: "▲", text: `${words(asset.advice ?? "")} advised` };
  return states[asset.state];
}

export function AdviceBadge({ advice }: { advice: Decision["advice"] }) {
  if (advice === "none") return <Badge tone="quiet" shape="●" text="all is well" />;
  if (advice === "no_advice") return <Badge tone="quiet" shape="○" text="no advice" />;
  return <Badge tone="warn" shape="▲" text={words(advice)} />;
}

const qualities: Record<Signal["quality"], Look> = {
  good: { tone: "good", shape: "●", text: "good" },
  uncertain: { tone: "warn", shape: "▲", text: "uncertain" },
  bad: { tone: "bad", shape: "■", text: "bad" },
  stale: { tone: "quiet", shape: "○", text: "stale" },
};
export function QualityBadge({ quality }: { quality: Signal["quality"] }) {
  return <Badge {...qualities[quality]} />;
}

const verdicts: Record<string, Look> = {
  right: { tone: "good", shape: "✓", text: "right" },
  wrong: { tone: "bad", shape: "✗", text: "wrong" },
  unsure: { tone: "quiet", shape: "?", text: "unsure" },
};
export function VerdictBadge({ verdict }: { verdict: Decision["verdict"] }) {
  const look = verdict && verdicts[verdict.verdict];
  return look ? <Badge {...look} /> : null;
}

/** met: true, false, or null while there is nothing to judge */
export function MetBadge({ met, yes, no }: { met: boolean | null; yes: string; no: string }) {
  if (met === null) return <Badge tone="quiet" shape="○" text="not known yet" />;
  return met ? <Badge tone="good" shape="✓" text={yes} /> : <Badge tone="bad" shape="✗" text={no} />;
}
