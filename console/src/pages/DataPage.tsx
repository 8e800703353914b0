import { useEffect, useState, type FormEvent, type KeyboardEvent } from "react";
import { post } from "../api/client";
import type { Problem, SignalQuality, SqlResult } from "../api/types";
import { number, percent, plural, time, words } from "../components/format";
import { unitText } from "../components/plot";
import { Empty, Page, ProblemNote, waiting } from "../components/Page";
import { Head, Table } from "../components/Table";
import { useQuery } from "../state/query";
import { formatRoute, navigate, useRoute } from "../state/route";

const rowsShown = 200;
const refreshMs = 20_000; // the answer reads all samples
const example = "select kind, count(*) as number from work_orders group by kind";

function Share({ good, uncertain, bad }: SignalQuality) {
  const all = good + uncertain + bad;
  if (all === 0) return <span className="quiet">nothing stored</span>;
  const title = `${number(good)} good, ${number(uncertain)} uncertain, ${number(bad)} bad`;
  return (
    <span className="share" title={title}>
      {percent(good / all)}
      <span className="share-bar" aria-hidden="true">
        <i className="good" style={{ flexGrow: good }} />
        <i className="warn" style={{ flexGrow: uncertain }} />
        <i className="bad" style={{ flexGrow: bad }} />
      </span>
    </span>
  );
}

const byName = (rows: readonly SignalQuality[]) => rows.toSorted((a, b) => a.signal.localeCompare(b.signal));

function Signals({ rows, chosen }: { rows: readonly SignalQuality[]; chosen: string | undefined }) {
  return (
    <Table label="Signals">
      <caption>Signals</caption>
      <Head
        columns={["Signal", "Quantity", "Unit", { right: "Assets" }, { right: "Points" }, "Good", "Found", "First", "Last"]}
      />
      <tbody>
        {byName(rows).map((row) => (
          <tr key={`${row.use_case ?? ""}/${row.signal}`} className={row.signal === chosen ? "chosen" : ""}>
            <th scope="row">{row.signal}</th>
            <td>{words(row.quantity)}</td>
            <td>{unitText(row.unit) || "–"}</td>
            <td className="right">{number(row.assets)}</td>
            <td className="right">{number(row.points)}</td>
            <td>
              <Share {...row} />
            </td>
            <td>
              {row.findings.length === 0 ? (
                <span className="quiet">nothing</span>
              ) : (
                row.findings.map(({ check, count }) => `${words(check)} ${number(count)}`).join(", ")
              )}
            </td>
            <td>{time(row.first)}</td>
            <td>{time(row.last)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Result({ columns, rows }: SqlResult) {
  return (
    <Table label="Result of the query">
      <caption>
        {plural(rows.length, "row")}
        {rows.length > rowsShown ? `, the first ${rowsShown} shown` : ""}
      </caption>
      <thead>
        <tr>
          {columns.map((name, index) => (
            <th scope="col" key={index} className={typeof rows[0]?.[index] === "number" ? "right" : ""}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, rowsShown).map((row, index) => (
          <tr key={index}>
            {row.map((value, column) => (
              <td key={column} className={typeof value === "number" ? "right" : ""}>
                {value === null ? "–" : typeof value === "number" ? number(value, 6) : String(value)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** A read-only query against the lake. It stands in the address, so that it can be sent to somebody. */
function Query({ sql }: { sql: string }) {
  const [text, setText] = useState(sql || example);
  const [result, setResult] = useState<SqlResult | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [running, setRunning] = useState(false);
  const run = async (event?: FormEvent) => {
    event?.preventDefault();
    navigate(formatRoute({ room: "data", query: { sql: text } }), { replace: true });
    setRunning(true);
    const response = await post("/api/v1/data/sql", { sql: text });
    setRunning(false);
    setProblem(response.ok ? null : response.problem);
    if (response.ok) setResult(response.data);
  };
  useEffect(() => {
    if (sql !== "") void run(); // a query that somebody was sent; later changes of the address are this form's own
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void run();
  };
  return (
    <section>
      <h2>Ask the lake</h2>
      <form onSubmit={(event) => void run(event)}>
        <label htmlFor="sql" className="quiet">
          One read-only SQL query; <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs it
        </label>
        <textarea
          id="sql"
          rows={3}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" disabled={running}>
          {running ? "Running …" : "Run"}
        </button>
      </form>
      <ProblemNote problem={problem} />
      {result && <Result {...result} />}
    </section>
  );
}

/** Data: every signal with its unit, quality and extent, and the lake to ask. */
export function DataPage() {
  const { query } = useRoute();
  const { data: rows, problem } = useQuery("/api/v1/data/quality", {}, ["status"], refreshMs);
  const points = rows?.reduce((sum, row) => sum + row.points, 0) ?? 0;
  const good = rows?.reduce((sum, row) => sum + row.good, 0) ?? 0;
  const findings =
    rows?.reduce((sum, row) => sum + row.findings.reduce((count, finding) => count + finding.count, 0), 0) ?? 0;
  const answer = !rows ? (
    problem ? (
      "This cannot be said now."
    ) : (
      waiting
    )
  ) : points === 0 ? (
    "Nothing is known yet."
  ) : (
    <>
      {plural(rows.length, "signal")}, <em>{number(points)} points</em>, {percent(good / points)} good;{" "}
      {findings === 0 ? "the checks found nothing" : `the checks found ${number(findings)}`}.
    </>
  );
  return (
    <Page title="Data" question="What do we know, how good is it, where did it come from?" answer={answer}>
      <ProblemNote problem={problem} />
      {rows && points === 0 && (
        <Empty
          what="Here stands every signal with its unit, its quality and how far back it goes."
          command="millrace data import --use-case turbofan-maintenance history.csv"
        />
      )}
      {rows && rows.length > 0 && <Signals rows={rows} chosen={query.signal} />}
      <Query sql={query.sql ?? ""} />
    </Page>
  );
}
