import type { Status } from "../api/types";
import { Badge } from "../components/Badges";
import { age, ago, bytes, number, plural, time } from "../components/format";
import { Empty, Facts, Page, ProblemNote, waiting } from "../components/Page";
import { Head, Table } from "../components/Table";
import { useNow } from "../state/now";
import { useQuery } from "../state/query";

const dayMs = 86_400_000;
const soonDays = 30;

function Nodes({ status, now }: { status: Status; now: number }) {
  const nodes = status.sites.flatMap(({ site, nodes: inside }) => inside.map((node) => ({ site, ...node })));
  if (nodes.length === 0)
    return (
      <Empty
        what="Here stands every gateway and edge with its state. They appear when they connect."
        command="millrace up"
      />
    );
  return (
    <Table label="Gateways and edges">
      <caption>Gateways and edges</caption>
      <Head columns={["Site", "Node", "State", { right: "Seen" }, "Runs", "Trouble"]} />
      <tbody>
        {nodes.map((node) => (
          <tr key={`${node.site}/${node.node}`}>
            <td>{node.site}</td>
            <th scope="row">{node.node}</th>
            <td>
              {node.online ? (
                <Badge tone="good" shape="●" text="online" />
              ) : (
                <Badge tone="bad" shape="■" text="offline" />
              )}
            </td>
            <td className="right">{ago(node.last_seen, now)}</td>
            <td>{node.active?.map(({ model_version }) => model_version).join(", ") || "–"}</td>
            <td>{node.errors?.join("; ") || "–"}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Problems({ problems, now }: { problems: Status["problems"]; now: number }) {
  return problems.map(({ what, why, since }) => (
    <p className="problem" role="alert" key={what}>
      <span aria-hidden="true">■</span> For {age(now - Date.parse(since))}, {what} has failed and is tried again: {why}
    </p>
  ));
}

function Certificates({ certificates, now }: { certificates: NonNullable<Status["certificates"]>; now: number }) {
  return (
    <Table label="Certificates">
      <caption>Certificates</caption>
      <Head columns={["Name", "Expires", { right: "Left" }, "State"]} />
      <tbody>
        {certificates.map(({ name, expires }) => {
          const left = Date.parse(expires) - now;
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{time(expires)}</td>
              <td className="right">{age(left)}</td>
              <td>
                {left <= 0 ? (
                  <Badge tone="bad" shape="■" text="expired" />
                ) : left < soonDays * dayMs ? (
                  <Badge tone="warn" shape="▲" text="expires soon" />
                ) : (
                  <Badge tone="good" shape="●" text="valid" />
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}

/** System: the platform, its nodes, and what comes in. */
export function SystemPage() {
  const { data: status, problem } = useQuery("/api/v1/status", {}, ["status"]);
  const now = useNow();
  const nodes = status?.sites.flatMap((site) => site.nodes) ?? [];
  const online = nodes.filter((node) => node.online).length;
  const gaps = status?.ingest.gaps ?? 0;
  const answer = !status ? (
    problem ? (
      "The platform does not say."
    ) : (
      waiting
    )
  ) : (
    <>
      {status.problems.length > 0 && (
        <>
          <em>{status.problems.map(({ what }) => what).join(" and ")} fails</em>;{" "}
        </>
      )}
      {nodes.length === 0
        ? "The platform runs, no node is connected"
        : `${online} of ${plural(nodes.length, "node")} online`}
      ; <em>{number(Math.round(status.ingest.points_per_s))} points/s</em>,{" "}
      {status.ingest.lag_ms === null ? "no lag known" : `${number(Math.round(status.ingest.lag_ms))} ms behind`};{" "}
      {gaps === 0 ? "nothing lost" : `${plural(gaps, "gap")} recorded`}.
    </>
  );
  return (
    <Page title="System" question="Is Millrace itself well?" answer={answer}>
      <ProblemNote problem={problem} />
      {status && (
        <>
          <Problems problems={status.problems} now={now} />
          <Facts
            facts={[
              ["Version", status.version],
              ["Up for", age(status.uptime_s * 1000)],
              ["Started", time(status.started)],
              ["Memory", `${number(status.memory_mb, 3)} MB`],
              [
                "First decision after",
                status.first_decision_s === null ? "none yet" : `${number(status.first_decision_s, 3)} s`,
              ],
              ["Points stored", number(status.ingest.points_total)],
              ["Rate", `${number(status.ingest.points_per_s, 3)} points/s`],
              ["Source to lake", status.ingest.lag_ms === null ? "–" : `${number(status.ingest.lag_ms, 3)} ms`],
              [
                "Newest batch",
                ago(status.ingest.last_received, now, "none yet"),
              ],
              ["Batches sent twice, stored once", number(status.ingest.duplicate_batches)],
              ["Recorded gaps", number(gaps)],
              ...(status.lake?.bytes === undefined
                ? []
                : [
                    [
                      "Lake",
                      `${bytes(status.lake.bytes)}${status.lake.snapshot === undefined ? "" : `, snapshot ${number(status.lake.snapshot)}`}`,
                    ] as [string, string],
                  ]),
            ]}
          />
          <Nodes status={status} now={now} />
          {status.certificates && status.certificates.length > 0 && (
            <Certificates certificates={status.certificates} now={now} />
          )}
          <p className="quiet">
            For Prometheus: <a href="/metrics">/metrics</a>. The API: <a href="/openapi.yaml">/openapi.yaml</a>.
          </p>
        </>
      )}
    </Page>
  );
}
