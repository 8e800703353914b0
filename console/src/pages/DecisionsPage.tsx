import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { post } from "../api/client";
import type { Decision, Problem, Verdict } from "../api/types";
import { AdviceBadge, VerdictBadge } from "../components/Badges";
import { DecisionEvidence } from "../components/DecisionEvidence";
import { decimals, number, plural, time } from "../components/format";
import { Empty, Page, ProblemNote, waiting } from "../components/Page";
import { useKeys } from "../state/keys";
import { invalidate, useQuery } from "../state/query";
import { formatRoute, navigate, useRoute } from "../state/route";

const pageSize = 100;
const filters: [string, string][] = [
  ["", "asked for something"],
  ["all", "all"],
  ["no_advice", "no advice given"],
];

function Row({ decision, chosen, to }: { decision: Decision; chosen: boolean; to: string }) {
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <li ref={row}>
      <a href={to} aria-current={chosen ? "true" : undefined} data-decision>
        <span>{time(decision.time)}</span>
        <strong>{decision.asset}</strong>
        <AdviceBadge advice={decision.advice} />
        <span className="right">
          {decision.prediction === null ? "–" : `${decimals(decision.prediction, 1)} ${decision.unit}`}
        </span>
        <span>
          <VerdictBadge verdict={decision.verdict} />
        </span>
      </a>
    </li>
  );
}

/** Decisions: walk with j and k, see why, judge with r, w or u. */
export function DecisionsPage() {
  const { id, query } = useRoute();
  const show = query.show ?? "";
  const list = useQuery(
    "/api/v1/decisions",
    {
      query: {
        limit: pageSize,
        asset: query.asset,
        before: query.before,
        advised: show === "" ? true : undefined,
        advice: show === "" || show === "all" ? undefined : show,
      },
    },
    query.before ? [] : ["decision"],
  );
  const detail = useQuery(id ? "/api/v1/decisions/{decision_id}" : null, { path: { decision_id: id ?? "" } });
  const [refused, setRefused] = useState<Problem | null>(null);
  const decisions = useMemo(() => list.data?.decisions ?? [], [list.data]);

  const linkTo = useCallback(
    (decision: string | null, more: Record<string, string | undefined> = {}) =>
      formatRoute({ room: "decisions", id: decision, query: { ...query, ...more } }),
    [query],
  );
  const step = useCallback(
    (by: number) => {
      const at = decisions.findIndex(({ decision_id }) => decision_id === id);
      const next = decisions[at < 0 ? 0 : Math.min(Math.max(at + by, 0), decisions.length - 1)];
      if (next) navigate(linkTo(next.decision_id), { replace: id !== null });
    },
    [decisions, id, linkTo],
  );
  const judge = useCallback(
    async (verdict: Verdict) => {
      if (!id) return;
      const response = await post(
        "/api/v1/decisions/{decision_id}/verdict",
        { verdict },
        { path: { decision_id: id } },
      );
      setRefused(response.ok ? null : response.problem);
      invalidate("/api/v1/decisions");
    },
    [id],
  );
  useKeys(
    useMemo(
      () => ({
        j: () => step(1),
        k: () => step(-1),
        Escape: () => navigate(linkTo(null)),
        r: () => void judge("right"),
        w: () => void judge("wrong"),
        u: () => void judge("unsure"),
      }),
      [step, judge, linkTo],
    ),
  );

  const total = list.data?.total ?? decisions.length;
  const verdicts = list.data?.verdicts;
  const where = query.asset ? ` for ${query.asset}` : "";
  const what =
    show === "" && total === 0
      ? `It has not asked for anything${where} yet`
      : show === ""
        ? `It asked for something ${number(total)} ${total === 1 ? "time" : "times"}${where}`
        : show === "all"
          ? `${plural(total, "decision")}${where}`
          : `${plural(total, "decision")} without advice${where}`;
  const judged = verdicts ? verdicts.right + verdicts.wrong + verdicts.unsure : 0;
  const answer = !list.data ? (
    list.problem ? (
      "This cannot be said now."
    ) : (
      waiting
    )
  ) : (
    <>
      {what}
      {total === 0 ? "" : "; "}
      {total === 0 ? null : judged === 0 || !verdicts ? (
        "nobody has judged one yet"
      ) : (
        <>
          <em>{number(verdicts.right)}</em> of {number(judged)} judged were right, {number(verdicts.wrong)} wrong
        </>
      )}
      .
    </>
  );
  const before = decisions.length === pageSize ? decisions.at(-1)?.decision_id : undefined;
  return (
    <Page title="Decisions" subject={detail.data?.decision.asset ?? query.asset} question="What did it advise, why, and was it right?" answer={answer}>
      <ProblemNote problem={list.problem ?? refused} />
      <div className="filters" role="group" aria-label="Show">
        {filters.map(([value, name]) => (
          <button
            key={name}
            aria-pressed={show === value}
            onClick={() => navigate(formatRoute({ room: "decisions", query: { asset: query.asset, show: value } }))}>
            {name}
          </button>
        ))}
        {query.asset && (
          <button onClick={() => navigate(linkTo(null, { asset: undefined, before: undefined }))}>
            only {query.asset} <span aria-hidden="true">✕</span>
            <span className="unseen">: show all assets</span>
          </button>
        )}
        <span className="hint">
          <kbd>j</kbd> <kbd>k</kbd> walk, <kbd>r</kbd> right, <kbd>w</kbd> wrong, <kbd>u</kbd> unsure
        </span>
      </div>
      {list.data &&
        decisions.length === 0 &&
        (show === "" && !query.asset ? (
          <Empty
            what="Here stands each time Millrace asked for something, and why. That all is well is a decision too: it stands under “all”. Where nothing is decided at all, a model must be trained and approved."
            command="millrace model train turbofan-maintenance"
          />
        ) : (
          <Empty what="No decision is like this." />
        ))}
      {decisions.length > 0 && (
        <div className={`split${id ? " chosen" : ""}`}>
          <div className="list">
            <p className="list-head" aria-hidden="true">
              <span>Time</span>
              <span>Asset</span>
              <span>Advice</span>
              <span className="right">Left</span>
              <span>Verdict</span>
            </p>
            <ol aria-label="Decisions, newest first">
              {decisions.map((decision) => (
                <Row
                  key={decision.decision_id}
                  decision={decision}
                  chosen={decision.decision_id === id}
                  to={linkTo(decision.decision_id)}
                />
              ))}
            </ol>
            {before && (
              <a className="further" href={linkTo(null, { before })}>
                Older ones
              </a>
            )}
            {query.before && (
              <a className="further" href={linkTo(null, { before: undefined })}>
                Newest ones
              </a>
            )}
          </div>
          {id && (
            <DecisionEvidence id={id} answer={detail} judge={(verdict) => void judge(verdict)} back={linkTo(null)} />
          )}
        </div>
      )}
      {decisions.length === 0 && id && (
        <DecisionEvidence id={id} answer={detail} judge={(verdict) => void judge(verdict)} back={linkTo(null)} />
      )}
    </Page>
  );
}
