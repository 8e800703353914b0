// The one place that talks HTTP. Paths, parameters and answers are checked against docs/openapi.yaml by the compiler.
import type { paths } from "./schema";
import type { Problem } from "./types";

export type ApiResponse<T> = { ok: true; data: T } | { ok: false; problem: Problem };

type Json<Operation> = Operation extends { responses: infer Responses }
  ? {
      [Code in keyof Responses]: Code extends 200 | 202
        ? Responses[Code] extends { content: { "application/json": infer Body } }
          ? Body
          : never
        : never;
    }[keyof Responses]
  : never;
type WithMethod<Method extends "get" | "post"> = {
  [Path in keyof paths]: Json<paths[Path][Method]> extends never ? never : Path;
}[keyof paths];
type Parameters<Operation, Place extends "path" | "query"> = Operation extends {
  parameters: { [Key in Place]?: infer Values };
}
  ? { [Name in keyof Exclude<Values, undefined>]: Exclude<Values, undefined>[Name] | undefined }
  : never;

export type GetPath = WithMethod<"get">;
export type GetResult<Path extends GetPath> = Json<paths[Path]["get"]>;
export interface Arguments<Operation> {
  path?: Parameters<Operation, "path">;
  query?: Parameters<Operation, "query">;
}

/** Fills `{name}` in the path and appends the query; empty values are left out. */
export function address(path: string, values: { path?: unknown; query?: unknown } = {}): string {
  const parts = (values.path ?? {}) as Record<string, unknown>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parts[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries((values.query ?? {}) as Record<string, unknown>))
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  return query.size > 0 ? `${filled}?${query}` : filled;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    if (typeof body.detail === "string")
      return {
        type: "about:blank",
        title: body.title ?? response.statusText,
        status: response.status,
        detail: body.detail,
      };
  } catch {
    /* not a problem document: say what is known */
  }
  return {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    detail: `The platform answered ${response.status}.`,
  };
}

export async function request<T>(url: string, init: RequestInit = {}): Promise<ApiResponse<T>> {
  try {
    const response = await fetch(url, { credentials: "same-origin", ...init });
    if (!response.ok) return { ok: false, problem: await problemOf(response) };
    return { ok: true, data: (await response.json()) as T };
  } catch {
    return {
      ok: false,
      problem: {
        type: "about:blank",
        title: "No answer",
        status: 503,
        detail: "The platform does not answer. Is it running? `millrace status` tells.",
      },
    };
  }
}

export function get<Path extends GetPath>(
  path: Path,
  values?: Arguments<paths[Path]["get"]>,
): Promise<ApiResponse<GetResult<Path>>> {
  return request(address(path, values));
}

export function post<Path extends WithMethod<"post">>(
  path: Path,
  body: unknown,
  values?: Arguments<paths[Path]["post"]>,
): Promise<ApiResponse<Json<paths[Path]["post"]>>> {
  return request(address(path, values), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
