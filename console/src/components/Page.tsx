import { useEffect, type ReactNode } from "react";
import { RoomGuide } from "./Guide";
import type { Problem } from "../api/types";

interface Properties {
  title: string; // the room's name
  subject?: string | undefined; // the thing in it, for the window's title
  question: string;
  answer: ReactNode;
  children?: ReactNode;
}

/** While the platform has not answered. */
export const waiting = "…";

/** Every page: the question it answers, the answer in words with its number, then the evidence, then how to read it. */
export function Page({ title, subject, question, answer, children }: Properties) {
  useEffect(() => {
    document.title = `${subject ? `${subject} – ` : ""}${title} – Millrace`;
  }, [title, subject]);
  return (
    <main id="page" tabIndex={-1} data-page={title} aria-busy={answer === waiting}>
      <header className="answer">
        <p className="question">{question}</p>
        <h1>{answer}</h1>
      </header>
      {children}
      <RoomGuide title={title} />
    </main>
  );
}

/** What belongs here, and the one command that brings it. */
export function Empty({ what, command }: { what: string; command?: string }) {
  return (
    <div className="empty">
      <p>{what}</p>
      {command && (
        <pre>
          <code>{command}</code>
        </pre>
      )}
    </div>
  );
}

export function ProblemNote({ problem }: { problem: Problem | null }) {
  if (!problem) return null;
  return (
    <p className="problem" role="alert">
      <span aria-hidden="true">■</span>{" "}
      {problem.status === 401
        ? "Your session has ended. Open the link that `millrace up` printed."
        : `${problem.title}: ${problem.detail}`}
    </p>
  );
}

export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
